"""Funds: whose money a pool holds and what for, moves between pools, and money that comes back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
_OLD = (("grant", "source", "available"), ("adjust", "source", "available"), ("adjust", "available", "source"), ("hold", "available", "held"),
        ("release", "held", "available"), ("spend", "held", "spent"), ("return", "spent", "available"))
_NEW = (("transfer", "available", "source"), ("transfer", "source", "available"), ("carry", "available", "source"),
        ("carry", "source", "available"), ("purchase", "available", "spent"), ("refund", "spent", "available"),
        ("recover", "source", "available"))
UNHELD = ("(hold_id IS NULL) = (kind IN ('grant','adjust'))",
          "(hold_id IS NULL) = (kind IN ('grant','adjust','transfer','carry','purchase','refund'))")
KINDS = ("kind IN ('grant','adjust','close')", "kind IN ('grant','adjust','close','transfer','carry','terms')")
AMOUNTS = ("(kind = 'close') = (amount = 0) AND (kind = 'close') = (closes_on IS NOT NULL) AND (kind <> 'grant' OR amount > 0)",
           "(kind IN ('close','terms')) = (amount = 0) AND (kind = 'close') = (closes_on IS NOT NULL)"
           " AND (kind NOT IN ('grant','transfer','carry') OR amount > 0) AND (kind IN ('transfer','carry')) = (to_id IS NOT NULL)")


def moves(*known: tuple[str, str, str]) -> str:
    return " OR ".join(f"(kind = '{kind}' AND from_account = '{giver}' AND to_account = '{taker}')" for kind, giver, taker in known)


def where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def upgrade() -> None:
    # Added in place: holds and entries refer to pools, and a rebuilt table would pull the ground from under them on SQLite.
    op.add_column("pools", sa.Column("source", sa.String(length=40), nullable=True))
    op.add_column("pools", sa.Column("purpose", sa.String(length=200), nullable=True))
    op.add_column("pools", sa.Column("uses", sa.Text(), nullable=True))
    op.execute("ALTER TABLE pools ADD COLUMN successor_id INTEGER CONSTRAINT fk_pools_successor_id REFERENCES pools (id)")
    with op.batch_alter_table("ledger_entries") as entries:
        entries.drop_constraint("ck_ledger_entries_accounts", type_="check")
        entries.drop_constraint("ck_ledger_entries_hold", type_="check")
        entries.create_check_constraint("ck_ledger_entries_accounts", moves(*_OLD, *_NEW))
        entries.create_check_constraint("ck_ledger_entries_hold", UNHELD[1])
    with op.batch_alter_table("pool_proposals") as proposals:
        proposals.add_column(sa.Column("to_id", sa.Integer(), nullable=True))
        proposals.add_column(sa.Column("terms", sa.Text(), nullable=True))
        proposals.create_foreign_key("fk_pool_proposals_to_id", "pools", ["to_id"], ["id"])
        proposals.drop_constraint("ck_pool_proposals_kind", type_="check")
        proposals.drop_constraint("ck_pool_proposals_amount", type_="check")
        proposals.create_check_constraint("ck_pool_proposals_kind", KINDS[1])
        proposals.create_check_constraint("ck_pool_proposals_amount", AMOUNTS[1])
    op.create_table("repayments",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("line_id", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("receipt_id", sa.String(length=20), nullable=False),
        sa.Column("proposed_by", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint("kind IN ('clawback','refund','correction')", name="ck_repayments_kind"),
        sa.CheckConstraint("amount > 0", name="ck_repayments_amount"),
        sa.CheckConstraint("status IN ('open','confirmed','declined')", name="ck_repayments_status"),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_repayments_two_people"),
        sa.CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="ck_repayments_decided"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_repayments_case_id"),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name="fk_repayments_decided_by"),
        sa.ForeignKeyConstraint(["line_id"], ["grant_lines.id"], name="fk_repayments_line_id"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name="fk_repayments_proposed_by"),
        sa.ForeignKeyConstraint(["receipt_id"], ["attachments.id"], name="fk_repayments_receipt_id"),
        sa.PrimaryKeyConstraint("id", name="pk_repayments")
    )
    op.create_index("ix_repayments_case_id", "repayments", ["case_id"])
    op.create_index("uq_repayments_open", "repayments", ["case_id"], unique=True, **where("status = 'open'"))


def downgrade() -> None:
    """Possible only while no pool has used what is new: books are never rewritten to fit an older release."""
    op.drop_table("repayments")
    with op.batch_alter_table("pool_proposals") as proposals:
        for name in ("kind", "amount"):
            proposals.drop_constraint(f"ck_pool_proposals_{name}", type_="check")
        proposals.drop_constraint("fk_pool_proposals_to_id", type_="foreignkey")
        proposals.drop_column("to_id")
        proposals.drop_column("terms")
        proposals.create_check_constraint("ck_pool_proposals_kind", KINDS[0])
        proposals.create_check_constraint("ck_pool_proposals_amount", AMOUNTS[0])
    with op.batch_alter_table("ledger_entries") as entries:
        for name in ("accounts", "hold"):
            entries.drop_constraint(f"ck_ledger_entries_{name}", type_="check")
        entries.create_check_constraint("ck_ledger_entries_accounts", moves(*_OLD))
        entries.create_check_constraint("ck_ledger_entries_hold", UNHELD[0])
    for name in ("successor_id", "uses", "purpose", "source"):
        op.drop_column("pools", name)
