"""The outbox: what the program's systems must be told, kept until they have it.

A message is written in the transaction of the act that it tells of, so that neither is there
without the other. A sender hands it to the program's webhook, signed, at least once, again and
again until it is taken; the id stays the same, so that a receiver can drop a repeat. Messages of
one member are handed over in their order. What is done leaves the outbox; what was given up stays
in it, dead, until somebody wakes it.
"""
