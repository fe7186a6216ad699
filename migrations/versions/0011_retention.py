"""Erasure at the end of the retention period: facts of decisions and words of objections may be gone, and a case says since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite


def upgrade() -> None:
    op.add_column("cases", sa.Column("erased_at", TIME, nullable=True))
    op.create_index("ix_cases_ended", "cases", ["definition_digest", "ended_at"],
                    postgresql_where=sa.text("erased_at IS NULL"), sqlite_where=sa.text("erased_at IS NULL"))
    for table, column in (("decisions", "snapshot"), ("objections", "sealed")):
        with op.batch_alter_table(table) as changed:
            changed.alter_column(column, existing_type=sa.LargeBinary(), nullable=True)


def downgrade() -> None:
    """Possible only while nothing has been erased: what is gone cannot be made up."""
    for table, column in (("decisions", "snapshot"), ("objections", "sealed")):
        with op.batch_alter_table(table) as changed:
            changed.alter_column(column, existing_type=sa.LargeBinary(), nullable=False)
    op.drop_index("ix_cases_ended", "cases")
    op.drop_column("cases", "erased_at")
