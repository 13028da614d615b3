"""What to offer whom: who may be offered what, what it changes, and the best set for a budget.

`suggestions` is the door and `scene` what it depends on. `eligibility` are the gates, with what
`people` and `farming` tell of members; `worth` weighs value at stake, `effects` and cost;
`allocation` is the best set within `limits`, `exploration` tries others now and then, `holdouts`
leaves `clusters` of members alone so that effects can be measured, `power` says how well, and
`records` is the log of it all.
"""
