"""What an export tells by itself, without labels and without set-up.

Each module finds one thing in a journal and says it in words: how healthy the data is
(`health`), what was claimed twice (`duplicates`), which members to look at first (`cases`), who
is slipping away (`slipping`), and what no one can see in this export (`blind`). `page` turns the
findings into one HTML file that needs nothing else.
"""
