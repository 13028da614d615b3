"""What happened, in numbers.

The tables a program hands over (`contract`) are read by `exports` and appended to the journal in
the `store`, where every event gets its place once (`places`). All facts form one stream of
`records`; a feature is a declared aggregate over it (`catalog`), computed by one `engine` live and
in batch (`jobs`). `members` describes a member as of a moment. Nothing here learns, and nothing
here needs a machine-learning library.
"""
