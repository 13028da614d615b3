"""`jaga features --check-parity`: served values, the kernel and SQL, compared bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.progress import Progress
    from features.store.home import Home


def check_parity(
    home: Home, program: str | None, engine: str, progress: Progress
) -> dict[str, Any]:
    """Compare what verdicts were given on with batch, and batch with SQL, over a whole journal.

    Parameters
    ----------
    home : Home
    program : str or None
        Which program, where the home holds several.
    engine : str
        ``local`` and ``duckdb`` compare with DuckDB, ``spark`` with Spark.
    progress : callable
        Told of the rows passed.

    Returns
    -------
    dict
        ``passed``, ``differing_values``, and under ``served`` and ``sql`` what was compared.

    Raises
    ------
    Unavailable
        The engine's package is not installed.
    """
    from features.sql.parity import check_parity as check_sql
    from models.parity import served_parity

    journal = home.journal(program)
    catalog = home.catalog(journal.program.program_id)
    head = journal.head
    served = served_parity(home, journal, catalog, progress)
    sql = check_sql(
        lambda: journal.records(until=head.place + 1, arrived_until=head.seq, rows=50_000),
        catalog, journal.program.timezone, "spark" if engine == "spark" else "duckdb")
    differing = served.differing.total() + sql.differing_values
    return {"passed": differing == 0, "differing_values": differing,
            "served": served.as_dict(), "sql": sql.as_dict()}
