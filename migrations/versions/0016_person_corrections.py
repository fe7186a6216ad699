"""A wrong name or identity number of somebody in the register: put right by one officer, confirmed by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
OPEN = sa.text("status = 'open'")


def upgrade() -> None:
    op.create_table("person_corrections",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("old_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('open','confirmed','declined')", name="ck_person_corrections_status"),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_person_corrections_two_people"),
        sa.CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="ck_person_corrections_decided"),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name="fk_person_corrections_decided_by"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_person_corrections_person_id"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name="fk_person_corrections_proposed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_person_corrections")
    )
    op.create_index("ix_person_corrections_old_index", "person_corrections", ["old_index"])
    op.create_index("ix_person_corrections_person_id", "person_corrections", ["person_id"])
    op.create_index("uq_person_corrections_open", "person_corrections", ["person_id"], unique=True, postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade() -> None:
    op.drop_table("person_corrections")
