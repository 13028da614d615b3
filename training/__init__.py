"""How answers are learned and judged.

`simulate` makes a program one would believe, with a sealed truth. `labels` and `splits` keep time
moving forward; `releases` and `holds` read what was let through by chance; `fit_fraud`,
`fit_anomaly` and `fit_inactivity` learn; `baselines`, `metrics` and `evaluate` judge; `thresholds`
turns costs into numbers; `registry`, `card` and `drift` keep the record. `train` is the verb that
joins them. What it hands to serving is a bundle of plain files.
"""
