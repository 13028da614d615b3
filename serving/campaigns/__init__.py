"""Standing campaigns: a segment, missions and a monthly budget, approved once and run nightly.

Not the contract's table ``campaigns``, which is the calendar of seasons and festivals.
`standing` says what one is, `shelf` keeps its versions and who approved them, `forecast` what it
will reach before it starts, `night` plans and sends a day of it, `stops` ends it by its own rules,
`results` say what it brought against its control group.
"""
