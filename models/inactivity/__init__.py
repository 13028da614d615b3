"""Who falls silent: chance, expected day, state, reasons.

`model` is the door. `btyd`, `rfm` and `trees` are the models, `ladder` chooses among them,
`snapshots` are what they learn from, `calibration` makes their chances hold, `states` says what
a chance means, `reasons` says why.
"""
