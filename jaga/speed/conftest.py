"""What pytest does not look into: `empty` imports BentoML, whose dependencies warn on import."""

collect_ignore = ["empty.py"]
