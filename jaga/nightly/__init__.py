"""The day's jobs of a program, as one command that may be killed and started again.

Cron, a systemd timer or Kubernetes starts it; there is no scheduler here. A *night* is a moment:
the last local midnight that is over. Every step of it knows what was known before that moment,
writes its files whole or not at all, and is marked as done in the night's record. Started again,
a night goes on with the step that was not done.
"""
