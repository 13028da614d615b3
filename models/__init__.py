"""Numbers into answers.

`fraud` and `anomaly` score an event, `inactivity` scores a member's silence, `proof` looks for
hard facts, `policy` and `judgement` make one verdict of them and `suggestions` chooses missions.
`reasons` and `texts` say why, in the reader's language. A `bundle` is everything that ships
together. Nothing here opens a journal, a network port or a tracking store.
"""
