"""Pools of money, heads or items: holds, the ledger, and changes that two people make.

A pool, its holds and its entries refer to each other one way only, so the order of the tables is the order of making.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
TABLES = ("pools", "holds", "ledger_entries", "pool_proposals")
ACCOUNTS = ("(kind = 'grant' AND from_account = 'source' AND to_account = 'available')"
            " OR (kind = 'adjust' AND from_account = 'source' AND to_account = 'available')"
            " OR (kind = 'adjust' AND from_account = 'available' AND to_account = 'source')"
            " OR (kind = 'hold' AND from_account = 'available' AND to_account = 'held')"
            " OR (kind = 'release' AND from_account = 'held' AND to_account = 'available')"
            " OR (kind = 'spend' AND from_account = 'held' AND to_account = 'spent')"
            " OR (kind = 'return' AND from_account = 'spent' AND to_account = 'available')")


def where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table("pools",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("unit IN ('money','heads','items')", name="ck_pools_unit"),
        sa.CheckConstraint("held >= 0", name="ck_pools_held"),
        sa.CheckConstraint("spent >= 0", name="ck_pools_spent"),
        sa.CheckConstraint("held + spent <= total", name="ck_pools_enough"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_pools_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pools"),
        sa.UniqueConstraint("key", name="uq_pools_key")
    )
    op.create_index("ix_pools_organisation_id", "pools", ["organisation_id"])
    op.create_index("ix_pools_path", "pools", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_table("holds",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.CheckConstraint("amount > 0", name="ck_holds_amount"),
        sa.CheckConstraint("status IN ('open','released','spent')", name="ck_holds_status"),
        sa.CheckConstraint("returned >= 0 AND returned <= amount AND (returned = 0 OR status = 'spent')", name="ck_holds_returned"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_holds_case_id"),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_holds_pool_id"),
        sa.PrimaryKeyConstraint("id", name="pk_holds")
    )
    op.create_index("ix_holds_case_id", "holds", ["case_id"])
    op.create_index("ix_holds_pool_id", "holds", ["pool_id"])
    op.create_index("uq_holds_open", "holds", ["case_id", "pool_id"], unique=True, **where("status = 'open'"))
    op.create_table("ledger_entries",
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("from_account", sa.String(length=10), nullable=False),
        sa.Column("to_account", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.String(length=20), nullable=True),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name="ck_ledger_entries_amount"),
        sa.CheckConstraint(ACCOUNTS, name="ck_ledger_entries_accounts"),
        sa.CheckConstraint("(hold_id IS NULL) = (kind IN ('grant','adjust'))", name="ck_ledger_entries_hold"),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name="fk_ledger_entries_hold_id"),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_ledger_entries_pool_id"),
        sa.PrimaryKeyConstraint("pool_id", "n", name="pk_ledger_entries"),
        sa.UniqueConstraint("stream", "seq", "pool_id", "kind", name="uq_ledger_entries_stream_seq_pool_id_kind")
    )
    op.create_index("uq_ledger_entries_held", "ledger_entries", ["hold_id"], unique=True, **where("kind = 'hold'"))
    op.create_index("uq_ledger_entries_resolved", "ledger_entries", ["hold_id"], unique=True,
                    **where("kind IN ('release','spend')"))
    op.create_table("pool_proposals",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("pool_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint("kind IN ('grant','adjust','close')", name="ck_pool_proposals_kind"),
        sa.CheckConstraint("(kind = 'close') = (amount = 0) AND (kind = 'close') = (closes_on IS NOT NULL)"
                           " AND (kind <> 'grant' OR amount > 0)", name="ck_pool_proposals_amount"),
        sa.CheckConstraint("status IN ('open','confirmed','declined')", name="ck_pool_proposals_status"),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_pool_proposals_two_people"),
        sa.CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="ck_pool_proposals_decided"),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name="fk_pool_proposals_decided_by"),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_proposals_pool_id"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name="fk_pool_proposals_proposed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_pool_proposals")
    )
    op.create_index("ix_pool_proposals_pool_id", "pool_proposals", ["pool_id"])
    op.create_index("uq_pool_proposals_open", "pool_proposals", ["pool_id"], unique=True, **where("status = 'open'"))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
