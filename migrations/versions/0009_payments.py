"""Payment batches, their lines, and the bank's answers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
TABLES = ("payment_batches", "payment_lines", "payment_answers")


def where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table("payment_batches",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("layout", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_fen", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        *(column for who in ("made", "sealed", "confirmed", "sent", "closed") for column in (
            sa.Column(f"{who}_by", sa.String(length=20), nullable=who != "made"), sa.Column(f"{who}_at", TIME, nullable=who != "made"))),
        sa.CheckConstraint("method IN ('bank','cash')", name="ck_payment_batches_method"),
        sa.CheckConstraint("(method = 'bank') = (layout IS NOT NULL)", name="ck_payment_batches_layout"),
        sa.CheckConstraint("method = 'bank' OR reason <> ''", name="ck_payment_batches_reason"),
        sa.CheckConstraint("status IN ('draft','sealed','sent','closed','void')", name="ck_payment_batches_status"),
        sa.CheckConstraint("count >= 0 AND total_fen >= 0", name="ck_payment_batches_total"),
        sa.CheckConstraint("status IN ('draft','void') OR (count > 0 AND total_fen > 0 AND digest IS NOT NULL AND sealed_by IS NOT NULL)",
                           name="ck_payment_batches_sealed"),
        sa.CheckConstraint("status IN ('draft','sealed','void') OR sent_by IS NOT NULL", name="ck_payment_batches_sent"),
        sa.CheckConstraint("(status = 'closed') = (closed_by IS NOT NULL)", name="ck_payment_batches_closed"),
        sa.CheckConstraint("sent_by IS NULL OR sent_by <> sealed_by AND sent_by <> made_by", name="ck_payment_batches_two_people"),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> sealed_by AND confirmed_by <> made_by", name="ck_payment_batches_confirmed"),
        sa.CheckConstraint("method = 'bank' OR sent_by IS NULL OR confirmed_by IS NOT NULL AND confirmed_by <> sent_by",
                           name="ck_payment_batches_cash"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_payment_batches_organisation_id"),
        *(sa.ForeignKeyConstraint([f"{who}_by"], ["people.id"], name=f"fk_payment_batches_{who}_by")
          for who in ("made", "sealed", "confirmed", "sent", "closed")),
        sa.PrimaryKeyConstraint("id", name="pk_payment_batches"),
        sa.UniqueConstraint("number", name="uq_payment_batches_number")
    )
    op.create_index("ix_payment_batches_organisation_id", "payment_batches", ["organisation_id"])
    op.create_index("ix_payment_batches_path", "payment_batches", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_table("payment_lines",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("batch_id", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("grant_line_id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("account_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("sentence", sa.String(length=200), nullable=False),
        sa.Column("bank_ref", sa.String(length=80), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("answer_seq", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount_fen > 0", name="ck_payment_lines_amount"),
        sa.CheckConstraint("status IN ('open','sent','paid','failed','void')", name="ck_payment_lines_status"),
        sa.CheckConstraint("(status = 'paid') = (settled_on IS NOT NULL)", name="ck_payment_lines_settled"),
        sa.ForeignKeyConstraint(["batch_id"], ["payment_batches.id"], name="fk_payment_lines_batch_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_payment_lines_case_id"),
        sa.ForeignKeyConstraint(["grant_line_id"], ["grant_lines.id"], name="fk_payment_lines_grant_line_id"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_lines"),
        sa.UniqueConstraint("batch_id", "n", name="uq_payment_lines_batch_id_n")
    )
    op.create_index("ix_payment_lines_account_index", "payment_lines", ["account_index"])
    op.create_index("ix_payment_lines_case_id", "payment_lines", ["case_id"])
    op.create_index("ix_payment_lines_grant_line_id", "payment_lines", ["grant_line_id"])
    op.create_index("uq_payment_lines_live", "payment_lines", ["grant_line_id"], unique=True, **where("status IN ('open','sent','paid')"))
    op.create_table("payment_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("paid", sa.Integer(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("failed_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["payment_batches.id"], name="fk_payment_answers_batch_id"),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name="fk_payment_answers_by"),
        sa.PrimaryKeyConstraint("id", name="pk_payment_answers"),
        sa.UniqueConstraint("batch_id", "sha256", name="uq_payment_answers_batch_id_sha256")
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
