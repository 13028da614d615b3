"""How somebody outside sees how the service is: metrics, health, logs and traces.

Nothing here names anybody. Labels are routes, roles of the contract and words of ours, each from a
list that is known beforehand; ids, keys and personal data stay out of labels, lines and spans.
What is counted on the way of a verdict is a plain number; everything else is looked up when
somebody asks.
"""
