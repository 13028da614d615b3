"""A member as of a moment: activity days, rhythm, season, standing.

`known` reads what was known before the moment, `activity` counts what qualifies, `cadence` and
`rhythm` describe it, `seasons` and `learnt_seasons` say when silence is normal. What is declared
stands in `member_catalog`.
"""
