"""Links and rings: which members share what, and who together looks like one hand.

`Links` takes the stream of records in and keeps who was seen with which payout account, phone,
address, device, referrer and rep. At each UTC midnight the connected members become `Rings`:
immutable, known from that midnight, scored without labels. What joins, damps and scores stands in
`kinds`, `joining` and `score`; the daily file is written by `jobs`.
"""
