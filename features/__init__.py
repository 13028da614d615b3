"""What happened, in numbers.

An export's tables (`contract`) are read (`export`, `mapping`), checked (`normalise`) and appended
to the `journal`, where every event gets its place once (`places`). All facts form one stream of
`records`; a feature is a declared aggregate over it (`definition`, `catalog`), computed by one
kernel live and in batch (`state`, `jobs`). `rhythm` describes members as of a moment. Nothing here
learns, and nothing here needs a machine-learning library.
"""
