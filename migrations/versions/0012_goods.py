"""Items of goods, their purchases and stock-takes, and signatures for what was given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
TABLES = ("goods_items", "goods_moves", "line_signatures")
OPEN, BOUGHT = sa.text("status = 'open'"), sa.text("kind = 'purchase' AND status <> 'declined'")


def upgrade() -> None:
    op.create_table("goods_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("spec", sa.String(length=100), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("price_fen > 0", name="ck_goods_items_price"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_goods_items_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_goods_items"),
        sa.UniqueConstraint("organisation_id", "code", name="uq_goods_items_organisation_id_code")
    )
    op.create_index("ix_goods_items_path", "goods_items", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_table("goods_moves",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=True),
        sa.Column("price_fen", sa.BigInteger(), nullable=False),
        sa.Column("supplier", sa.String(length=100), nullable=False),
        sa.Column("document", sa.String(length=60), nullable=False),
        sa.Column("money_pool_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("proposed_by", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.CheckConstraint("kind IN ('purchase','count')", name="ck_goods_moves_kind"),
        sa.CheckConstraint("(kind = 'count') = (counted IS NOT NULL)", name="ck_goods_moves_counted"),
        sa.CheckConstraint("kind = 'count' OR (quantity > 0 AND price_fen > 0 AND supplier <> '' AND document <> '')", name="ck_goods_moves_purchase"),
        sa.CheckConstraint("counted IS NULL OR counted >= 0", name="ck_goods_moves_number"),
        sa.CheckConstraint("status IN ('open','confirmed','declined')", name="ck_goods_moves_status"),
        sa.CheckConstraint("decided_by <> proposed_by", name="ck_goods_moves_two_people"),
        sa.CheckConstraint("(status = 'open') = (decided_by IS NULL)", name="ck_goods_moves_decided"),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name="fk_goods_moves_decided_by"),
        sa.ForeignKeyConstraint(["item_id"], ["goods_items.id"], name="fk_goods_moves_item_id"),
        sa.ForeignKeyConstraint(["money_pool_id"], ["pools.id"], name="fk_goods_moves_money_pool_id"),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name="fk_goods_moves_proposed_by"),
        sa.PrimaryKeyConstraint("id", name="pk_goods_moves")
    )
    op.create_index("ix_goods_moves_item_id", "goods_moves", ["item_id"])
    op.create_index("uq_goods_moves_open", "goods_moves", ["item_id"], unique=True, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("uq_goods_moves_document", "goods_moves", ["item_id", "supplier", "document"], unique=True,
                    postgresql_where=BOUGHT, sqlite_where=BOUGHT)
    op.create_table("line_signatures",
        sa.Column("line_id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("by_id", sa.String(length=20), nullable=False),
        sa.Column("with_id", sa.String(length=20), nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("method IN ('paper','phone')", name="ck_line_signatures_method"),
        sa.CheckConstraint("by_id <> with_id", name="ck_line_signatures_two_officers"),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name="fk_line_signatures_by_id"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_line_signatures_case_id"),
        sa.ForeignKeyConstraint(["line_id"], ["grant_lines.id"], name="fk_line_signatures_line_id"),
        sa.ForeignKeyConstraint(["with_id"], ["people.id"], name="fk_line_signatures_with_id"),
        sa.PrimaryKeyConstraint("line_id", name="pk_line_signatures")
    )
    op.create_index("ix_line_signatures_case_id", "line_signatures", ["case_id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
