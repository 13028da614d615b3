"""The copilot: a program's numbers over a span of days, each with what it rests on.

`figures` counts points credited, stopped, held and spent, and who was active; `returns` sets
sales beside the points given for them; `leaks` says what got through and how sure that is;
`load` sets the desk's work beside its capacity. A figure that nothing measures is None, and the
page says so.
"""
