"""Going on while a part of Jaga is away, and saying so.

Without its models, or without the memory of what members did, Jaga still knows what was credited:
that is in the journal. So proof declines, missing facts and caps hold, and for the rest the
program's own ``fail`` policy speaks. Every such verdict is marked `degraded`, is stored like any
other, and counts in the windows of those that follow.
"""
