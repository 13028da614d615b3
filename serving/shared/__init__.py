"""The live store that several replicas share: each other's transactions, by way of Redis or Valkey.

Every replica holds the whole state, equal to the bit, as each takes the same records in the same
order. The journal in PostgreSQL is the truth and gives the order. Redis only spares the replicas
reading it: whoever commits leaves an `Entry` in a `Tail`, and a replica takes the entries that
lead from where it stands to exactly where the journal stands, read inside its own turn. Entries
that are missing, damaged or of another past are read from the journal instead, and mended. So an
empty, restarted, late or wrong Redis costs time and never a bit.
"""
