"""What Jaga keeps: the home, its database, and the journal that is only ever added to.

Cells become integers (`cells`, `normalise`), strings get numbers in the dictionary (`entities`),
rows get their place and are appended in one transaction (`ingest`, `writing`). `journal` reads them
back, as tables or as the stream of records. One process holds the right to write (`writer`); others
hand their rows over (`inbox`). In PostgreSQL several processes write by turns, each transaction
leaving a mark (`head`).
"""
