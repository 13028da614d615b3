"""What pytest does not look into: `service` imports BentoML, whose dependencies warn on import."""

collect_ignore = ["service.py"]
