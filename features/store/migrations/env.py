"""What Alembic runs: the revisions, on the connection that the journal hands it."""

from __future__ import annotations

from alembic import context

from features.store.schema import METADATA


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"], target_metadata=METADATA,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file
    run()
