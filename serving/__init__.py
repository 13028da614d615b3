"""How answers leave the house.

One engine a program puts each event at its place, asks the models, and stores event and verdict
before anybody hears of them. Around it stands one FastAPI application for ``/v1``, carried by a
BentoML service together with three typed methods for BentoML's own clients. Pages for people run
in a process of their own. The jobs `replay`, `score`, `suggest` and `explain` use the same engine
and the same bundle, so that what they write is what the service would have said.
"""
