"""How effects of missions are learnt from the log of decisions, and judged before they are used.

`decisions` makes rows of the log, `fit_uplift` is what training calls. `qini` judges a ranking,
`policies` says what a rule for everybody would have brought, and `gate` whether a rule for each
member may replace the best single mission.
"""
