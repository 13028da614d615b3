"""The engine of event features: one definition, one kernel, live and in batch.

A feature is declared (`definition`, `clause`, `expression`), checked and hashed (`declarations`),
turned into integer tables (`planner`, `plan`) and run by compiled code (`kernel`) over a `state`
that takes one record at a time or a whole journal. What is declared stands in `features.catalog`.
"""
