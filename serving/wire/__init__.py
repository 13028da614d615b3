"""The shapes on the wire: request bodies and answers, each with an example.

Bodies of the contract's tables are drawn from `features.contract`, so that a column added there
appears in the OpenAPI document by itself. Everything else is a pydantic model in a file named
after its noun.
"""
