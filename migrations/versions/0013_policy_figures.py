"""Figures of policy that one officer enters and another confirms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
OPEN, WITHDRAWN = sa.text("status = 'open'"), sa.text("status = 'confirmed' AND withdraws IS NOT NULL")


def upgrade() -> None:
    op.create_table("policy_figures",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("definition_key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=True),
        sa.Column("withdraws", sa.String(length=20), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("document", sa.String(length=80), nullable=False),
        sa.Column("proposed_by", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint("kind IN ('region','param')", name="ck_policy_figures_kind"),
        sa.CheckConstraint("(kind = 'param') = (definition_key <> '')", name="ck_policy_figures_programme"),
        sa.CheckConstraint("(value IS NULL) = (withdraws IS NOT NULL)", name="ck_policy_figures_value"),
        sa.CheckConstraint("title <> '' AND document <> ''", name="ck_policy_figures_source"),
        sa.CheckConstraint("status IN ('open','confirmed','declined')", name="ck_policy_figures_status"),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_policy_figures_two_people"),
        sa.CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="ck_policy_figures_decided"),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name="fk_policy_figures_decided_by"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_policy_figures_organisation_id"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name="fk_policy_figures_proposed_by"),
        sa.ForeignKeyConstraint(["withdraws"], ["policy_figures.id"], name="fk_policy_figures_withdraws"),
        sa.PrimaryKeyConstraint("id", name="pk_policy_figures")
    )
    op.create_index("ix_policy_figures_organisation_id", "policy_figures", ["organisation_id"])
    op.create_index("ix_policy_figures_path", "policy_figures", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_index("uq_policy_figures_open", "policy_figures", ["kind", "definition_key", "name", "organisation_id", "from_on"], unique=True,
                    postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("uq_policy_figures_withdrawn", "policy_figures", ["withdraws"], unique=True, postgresql_where=WITHDRAWN, sqlite_where=WITHDRAWN)


def downgrade() -> None:
    op.drop_table("policy_figures")
