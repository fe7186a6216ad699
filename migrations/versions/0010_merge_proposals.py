"""Two entries of the register that are one person: proposed by one officer, confirmed by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.create_table("merge_proposals",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("stays_id", sa.String(length=20), nullable=False),
        sa.Column("goes_id", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint("stays_id <> goes_id", name="ck_merge_proposals_two_entries"),
        sa.CheckConstraint("status IN ('open','confirmed','declined')", name="ck_merge_proposals_status"),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_merge_proposals_two_people"),
        sa.CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="ck_merge_proposals_decided"),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name="fk_merge_proposals_decided_by"),
        sa.ForeignKeyConstraint(["goes_id"], ["people.id"], name="fk_merge_proposals_goes_id"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name="fk_merge_proposals_proposed_by"),
        sa.ForeignKeyConstraint(["stays_id"], ["people.id"], name="fk_merge_proposals_stays_id"),
        sa.PrimaryKeyConstraint("id", name="pk_merge_proposals")
    )
    op.create_index("ix_merge_proposals_goes_id", "merge_proposals", ["goes_id"])
    op.create_index("ix_merge_proposals_stays_id", "merge_proposals", ["stays_id"])
    op.create_index("uq_merge_proposals_open", "merge_proposals", ["goes_id"], unique=True, postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade() -> None:
    op.drop_table("merge_proposals")
