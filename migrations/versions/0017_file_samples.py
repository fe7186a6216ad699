"""The yearly re-check of hardship files: what was drawn, and what was found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite


def upgrade() -> None:
    op.create_table("file_samples",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("population", sa.Text(), nullable=False),
        sa.Column("drawn_by", sa.String(length=20), nullable=False),
        sa.Column("drawn_at", TIME, nullable=False),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name="ck_file_samples_percent"),
        sa.ForeignKeyConstraint(["drawn_by"], ["people.id"], name="fk_file_samples_drawn_by"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_file_samples_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_file_samples"),
        sa.UniqueConstraint("organisation_id", "year", name="uq_file_samples_organisation_id_year")
    )
    op.create_index("ix_file_samples_path", "file_samples", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_table("sampled_files",
        sa.Column("sample_id", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file_id", sa.String(length=20), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("checked_by", sa.String(length=20), nullable=True),
        sa.Column("checked_at", TIME, nullable=True),
        sa.CheckConstraint("result IN ('','right','changed','wrong')", name="ck_sampled_files_result"),
        sa.CheckConstraint("(result = '') = (checked_by IS NULL)", name="ck_sampled_files_checked"),
        sa.ForeignKeyConstraint(["checked_by"], ["people.id"], name="fk_sampled_files_checked_by"),
        sa.ForeignKeyConstraint(["file_id"], ["hardship_files.id"], name="fk_sampled_files_file_id"),
        sa.ForeignKeyConstraint(["sample_id"], ["file_samples.id"], name="fk_sampled_files_sample_id"),
        sa.PrimaryKeyConstraint("sample_id", "n", name="pk_sampled_files"),
        sa.UniqueConstraint("sample_id", "file_id", name="uq_sampled_files_sample_id_file_id")
    )
    op.create_index("ix_sampled_files_file_id", "sampled_files", ["file_id"])


def downgrade() -> None:
    op.drop_table("sampled_files")
    op.drop_table("file_samples")
