"""How answers leave the house.

`engine` judges one event: parse, place, features, score, policy, store, answer. `service` is the
BentoML service, `api` its `/v1` routes, `pages` the desks for people in a process of their own.
`replay`, `score`, `suggest` and `explain` give the same answers over many events or members. Nothing
here trains, and nothing here imports tracking or monitoring.
"""
