"""The register (memberships, households, hardship files) and grant lines."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
TABLES = ("memberships", "households", "household_members", "hardship_files", "grant_lines")


def where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table("memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("member_no", sa.String(length=40), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("until_on IS NULL OR until_on >= since_on", name="ck_memberships_period"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_memberships_organisation_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_memberships_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_memberships")
    )
    op.create_index("ix_memberships_organisation_id", "memberships", ["organisation_id"])
    op.create_index("ix_memberships_person_id", "memberships", ["person_id"])
    op.create_index("uq_memberships_open", "memberships", ["person_id"], unique=True, **where("until_on IS NULL"))
    op.create_table("households",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("head_id", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["head_id"], ["people.id"], name="fk_households_head_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name="fk_households_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_households")
    )
    op.create_index("ix_households_head_id", "households", ["head_id"])
    op.create_index("ix_households_path", "households", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_index("ix_households_unit_id", "households", ["unit_id"])
    op.create_table("household_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("relation", sa.String(length=20), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint("until_on IS NULL OR until_on >= since_on", name="ck_household_members_period"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_household_members_household_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_household_members_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_household_members")
    )
    op.create_index("ix_household_members_household_id", "household_members", ["household_id"])
    op.create_index("ix_household_members_person_id", "household_members", ["person_id"])
    op.create_index("uq_household_members_open", "household_members", ["person_id"], unique=True, **where("until_on IS NULL"))
    op.create_table("hardship_files",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("household_id", sa.String(length=20), nullable=False),
        sa.Column("head_id", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=True),
        sa.Column("category", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("monthly_per_capita_fen", sa.BigInteger(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.CheckConstraint("category IN ('deep','relative','accident','dibao','dibao_edge')", name="ck_hardship_files_category"),
        sa.CheckConstraint("(status = 'on_file') = (ended_on IS NULL)", name="ck_hardship_files_ended"),
        sa.CheckConstraint("size > 0", name="ck_hardship_files_size"),
        sa.CheckConstraint("status IN ('on_file','exited','cancelled')", name="ck_hardship_files_status"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_hardship_files_case_id"),
        sa.ForeignKeyConstraint(["head_id"], ["people.id"], name="fk_hardship_files_head_id"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_hardship_files_household_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name="fk_hardship_files_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_hardship_files"),
        sa.UniqueConstraint("number", name="uq_hardship_files_number")
    )
    op.create_index("ix_hardship_files_case_id", "hardship_files", ["case_id"])
    op.create_index("ix_hardship_files_head_id", "hardship_files", ["head_id"])
    op.create_index("ix_hardship_files_household_id", "hardship_files", ["household_id"])
    op.create_index("ix_hardship_files_path", "hardship_files", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_index("ix_hardship_files_unit_id", "hardship_files", ["unit_id"])
    op.create_index("uq_hardship_files_open", "hardship_files", ["household_id"], unique=True, **where("status = 'on_file'"))
    op.create_table("grant_lines",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("definition_key", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=False),
        sa.Column("cycle", sa.String(length=40), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("household_id", sa.String(length=20), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("id_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("account_index", sa.LargeBinary(length=16), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(length=160), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("returned_fen", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.CheckConstraint("amount_fen >= 0", name="ck_grant_lines_amount"),
        sa.CheckConstraint("(item IS NULL) = (quantity IS NULL)", name="ck_grant_lines_goods"),
        sa.CheckConstraint("quantity IS NULL OR quantity > 0", name="ck_grant_lines_quantity"),
        sa.CheckConstraint("returned_fen >= 0 AND returned_fen <= amount_fen", name="ck_grant_lines_returned"),
        sa.CheckConstraint("status IN ('open','held','paid','dropped')", name="ck_grant_lines_status"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_grant_lines_case_id"),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name="fk_grant_lines_household_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_grant_lines_organisation_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_grant_lines_person_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name="fk_grant_lines_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grant_lines"),
        sa.UniqueConstraint("case_id", "n", name="uq_grant_lines_case_id_n")
    )
    op.create_index("ix_grant_lines_account_index", "grant_lines", ["account_index"])
    op.create_index("ix_grant_lines_household_id", "grant_lines", ["household_id"])
    op.create_index("ix_grant_lines_id_index", "grant_lines", ["id_index", "status"])
    op.create_index("ix_grant_lines_organisation_id", "grant_lines", ["organisation_id"])
    op.create_index("ix_grant_lines_path", "grant_lines", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_index("ix_grant_lines_person_id", "grant_lines", ["person_id"])
    # Added in place: on SQLite a rebuilt table of people could not be dropped under all that refers to it.
    op.execute("ALTER TABLE people ADD COLUMN merged_into VARCHAR(20) CONSTRAINT fk_people_merged_into REFERENCES people (id)")


def downgrade() -> None:
    op.execute("ALTER TABLE people DROP COLUMN merged_into")
    for table in reversed(TABLES):
        op.drop_table(table)
