"""The same declarations as plain SQL, for scale-out and as an oracle of the kernel.

A catalog is compiled into one script of SELECT texts (`script`) that DuckDB and Spark both run as
they are: first stages that fill the columns of every record from its past (`wide`), then one stage
for each entity with all its aggregates (`partition`), at last a join on the position of the record.
The script gives exactly the integers that the kernel reads; features are made of them by the one
function `features.engine.expression.evaluate`, so that no ratio is ever rounded in SQL. Sums that
leave 64 bits stop both engines with an error, where the kernel wraps: no row differs in silence.
"""
