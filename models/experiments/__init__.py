"""Whether a mission changed anything, and how sure that is.

`power` says before launch what a control group can show; `sample_ratio` whether the split came
out as planned; `lift` what the offer changed, by assignment and not by delivery; `amount`
what that is in all; `sequential` keeps an interval valid however often results are looked at.
"""
