"""What a program hands over, read as it is.

An export is a folder of tables in the contract's words (`export`, `parts`), or in its own words
with a `mapping`, whose expressions are parsed and never run as code (`cellmath`). `draft` writes a
first mapping from foreign files, each guess marked. `program` and `missions` are its settings.
"""
