"""``python -m jaga`` is the same as ``jaga``."""

from jaga.command import main

main()
