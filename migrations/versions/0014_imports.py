"""Imports of lists and what became of every row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite


def upgrade() -> None:
    op.create_table("imports",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("undone_by", sa.String(length=20), nullable=True),
        sa.Column("undone_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('previewed','running','done','undoing','undone','dropped')", name="ck_imports_status"),
        sa.CheckConstraint("done >= 0 AND done <= items", name="ck_imports_progress"),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name="fk_imports_by"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_imports_organisation_id"),
        sa.ForeignKeyConstraint(["undone_by"], ["people.id"], name="fk_imports_undone_by"),
        sa.PrimaryKeyConstraint("id", name="pk_imports")
    )
    op.create_index("ix_imports_path", "imports", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_index("ix_imports_sha256", "imports", ["sha256"])
    op.create_table("import_rows",
        sa.Column("import_id", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("made", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("outcome IN ('new','same','changed','fault','undone','kept')", name="ck_import_rows_outcome"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_import_rows_import_id"),
        sa.PrimaryKeyConstraint("import_id", "n", name="pk_import_rows")
    )
    op.create_index("ix_import_rows_item", "import_rows", ["import_id", "item"])


def downgrade() -> None:
    for table in ("import_rows", "imports"):
        op.drop_table(table)
