"""What a policy, a bundle or a list would have done with the journal.

One pass makes the features of every event as of its place (`sweep`). An event that no candidate
can do anything but approve is set aside by `gate`; every other one meets `models.judgement.weigh`,
what live verdicts are made of, once for each candidate. `tally` counts, `changes` compares, `truth`
brings in a simulation's answers, and `report` writes table, page and JSON.
"""
