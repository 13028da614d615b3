"""What is kept, for how long, and where else: erasure, retention, backup, restore.

The journal holds numbers; names lie in its dictionary, words of people in a few tables beside it.
To erase a person is to take his names out of the dictionary and his words out of those tables: the
numbers stay, so that the aggregates of all others, and the audit log, stay what they were.
"""
