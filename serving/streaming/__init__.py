"""A request that is answered while it is read: lines in, lines out, in the same order.

However long a body is, only a few of its lines are at work at once, and only so many answers wait
for a reader: a caller who reads slowly is read slowly, and memory stays where it was. Somebody who
sends everything before he reads anything gets by as long as his answers fit into that room.
"""
