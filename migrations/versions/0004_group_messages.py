"""A message may be for a group that a robot speaks to, and then has no person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("messages") as table:
        table.alter_column("person_id", existing_type=sa.String(length=20), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE message_id IN (SELECT id FROM messages WHERE person_id IS NULL)")
    op.execute("DELETE FROM messages WHERE person_id IS NULL")
    with op.batch_alter_table("messages") as table:
        table.alter_column("person_id", existing_type=sa.String(length=20), nullable=False)
