"""Runs the migrations on the connection that `workflow.db` opened, and nothing else.

The triggers that guard histories are dropped before and made anew after, in the same transaction: a rebuilt table on
SQLite loses its triggers silently, and a migration may have to rewrite rows that the triggers protect.
"""

from pathlib import Path

from alembic import context
from alembic.util import load_python_file

triggers = load_python_file(str(Path(__file__).parent), "triggers.py")

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Use `flask db upgrade` or `flask db check`; Alembic alone does not take the writer's lock.")

context.configure(connection=connection, target_metadata=context.config.attributes.get("metadata"), compare_type=True,
                  render_as_batch=connection.dialect.name == "sqlite", transaction_per_migration=False)
triggers.drop(connection)
context.run_migrations()
triggers.create(connection)
