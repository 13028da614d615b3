"""What was done, by whom, and that nobody changed it afterwards.

Acts of people and of the service are entries of a chain (`features.store.chain`), written with the
act itself. Verdicts, decisions, replies and list entries are sealed in idle moments: an entry
holds the digest of a range of them. `check` finds what was changed, put in, moved or taken out;
`heads` keeps the end of the chain elsewhere, as a chain that lost its end looks whole.
"""
