"""The front door: one thin command, ``jaga``, that joins the rooms.

Nothing is decided here. Each verb parses its options, calls one function of one room and prints
what came back; the room is imported only when its verb runs, so that ``jaga --help`` is quick and
a serving installation never needs the training packages.
"""
