"""The verbs, one module a group of the help page."""
