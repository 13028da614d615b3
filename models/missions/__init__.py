"""What to offer whom: who may be offered what, what it changes, and the best set for a budget.

`suggestions` is the door. `eligibility` are the gates, `effects` what a mission changes,
`allocation` the best set, `holdouts` who is left alone so that effects can be measured.
"""
