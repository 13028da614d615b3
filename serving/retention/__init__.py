"""The retention desk: who is slipping, what would bring him back, and what it brought.

The service scores everybody and keeps what the desk shows (`keeping`); the pages read it
(`kept`) and never score. `slipping` counts and ranks, `rhythm` is one member's picture,
`segments` says whom a campaign could be for, `builder` makes one and foresees what it would do,
`launching` says who may start it, `drafts` are missions before they are offered, `brought` says
in plain words what came of a campaign.
"""
