"""What a mission changes for whom, learnt from decisions that were drawn with known chances.

A log of decisions has rows of features, the arm each row was given (0: left alone, 1 and up: the
missions) and the chance of every arm. `t_learner`, `x_learner` and `dr_learner` are estimators of
the scikit-learn kind that turn such a log into effects; `crossfit` gives effects of rows that no
fit has seen. `shrinkage` draws what few data say to what is known already, `personal` is an effect
as a line in named features, and `model` is what a bundle carries.
"""
