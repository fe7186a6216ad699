"""Covers of mutual aid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite


def upgrade() -> None:
    op.create_table("covers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=60), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=True),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("id_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.CheckConstraint("until_on >= from_on", name="ck_covers_period"),
        sa.CheckConstraint("shares > 0", name="ck_covers_shares"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_covers_case_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_covers_person_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name="fk_covers_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_covers"),
        sa.UniqueConstraint("case_id", "n", name="uq_covers_case_id_n"),
        sa.UniqueConstraint("scheme", "id_index", "from_on", name="uq_covers_scheme_id_index_from_on")
    )
    op.create_index("ix_covers_path", "covers", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_index("ix_covers_person_id", "covers", ["person_id"])
    op.create_index("ix_covers_unit_id", "covers", ["unit_id"])


def downgrade() -> None:
    op.drop_table("covers")
