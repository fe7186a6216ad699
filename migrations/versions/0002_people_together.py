"""People working together: votes, hand-overs, notices, timers, messages.

What 0001 called a task is now the one `work` task of a case; every other task hangs beside it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")   # sortable UTC text on SQLite
TABLES = ("clocks", "absences", "messages", "notices", "timers", "objections", "outbox")
OPEN = "status = 'open'"


def where(condition: str) -> dict[str, Any]:
    """A partial index, on both databases."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table("clocks",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("swept_at", TIME, nullable=True),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("paused_at", TIME, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_clocks")
    )
    op.create_table("absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("substitute_id", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("arranged_by", sa.String(length=20), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("cancelled_at", TIME, nullable=True),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_absences_period"),
        sa.CheckConstraint("person_id <> substitute_id", name="ck_absences_somebody_else"),
        sa.ForeignKeyConstraint(["arranged_by"], ["people.id"], name="fk_absences_arranged_by"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_absences_person_id"),
        sa.ForeignKeyConstraint(["substitute_id"], ["people.id"], name="fk_absences_substitute_id"),
        sa.PrimaryKeyConstraint("id", name="pk_absences")
    )
    op.create_index("ix_absences_person_id", "absences", ["person_id"])
    op.create_index("ix_absences_substitute_id", "absences", ["substitute_id", "ends_on"])
    op.create_table("messages",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=True),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_messages_case_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_messages_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("person_id", "stream", "seq", "kind", name="uq_messages_person_id_stream_seq_kind")
    )
    op.create_index("ix_messages_inbox", "messages", ["person_id", "created_at", "id"])
    op.create_index("ix_messages_stream", "messages", ["stream", "seq"])
    op.create_index("ix_messages_unread", "messages", ["person_id"], **where("read_at IS NULL"))
    op.create_table("notices",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("definition_key", sa.String(length=60), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('running','held','ended','withdrawn')", name="ck_notices_status"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_notices_case_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name="fk_notices_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("case_id", "entry", name="uq_notices_case_id_entry")
    )
    op.create_index("ix_notices_path", "notices", ["path"], postgresql_ops={"path": "text_pattern_ops"})
    op.create_index("ix_notices_running", "notices", ["organisation_id", "ends_at"], **where("status IN ('running','held')"))
    op.create_table("timers",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("fired_at", TIME, nullable=True),
        sa.Column("fired_seq", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('remind','escalate','fire')", name="ck_timers_kind"),
        sa.CheckConstraint("status IN ('due','fired','cancelled','held','parked')", name="ck_timers_status"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_timers_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_timers"),
        sa.UniqueConstraint("case_id", "entry", "place", "run", name="uq_timers_case_id_entry_place_run")
    )
    op.create_index("ix_timers_due", "timers", ["at", "id"], **where("status = 'due'"))
    op.create_index("ix_timers_parked", "timers", ["id"], **where("status = 'parked'"))
    op.create_table("objections",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("notice_id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("settled_at", TIME, nullable=True),
        sa.Column("settled_seq", sa.Integer(), nullable=True),
        sa.Column("settled_by", sa.String(length=20), nullable=True),
        sa.CheckConstraint("status IN ('open','dismissed','upheld')", name="ck_objections_status"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_objections_case_id"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_objections_notice_id"),
        sa.ForeignKeyConstraint(["settled_by"], ["people.id"], name="fk_objections_settled_by"),
        sa.PrimaryKeyConstraint("id", name="pk_objections")
    )
    op.create_index("ix_objections_notice_id", "objections", ["notice_id"])
    op.create_index("ix_objections_open", "objections", ["case_id"], **where("status = 'open'"))
    op.create_table("outbox",
        sa.Column("message_id", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("sent_at", TIME, nullable=True),
        sa.CheckConstraint("status IN ('due','sent','skipped','dead')", name="ck_outbox_status"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_outbox_message_id"),
        sa.PrimaryKeyConstraint("message_id", "channel", name="pk_outbox")
    )
    op.create_index("ix_outbox_due", "outbox", ["due_at", "message_id"], **where("status = 'due'"))
    op.add_column("people", sa.Column("email_sealed", sa.LargeBinary(), nullable=True))
    for name in ("ix_tasks_queue", "ix_tasks_person_open", "uq_tasks_case_open"):
        op.drop_index(name, table_name="tasks")
    with op.batch_alter_table("tasks") as tasks:
        tasks.add_column(sa.Column("kind", sa.String(length=10), nullable=False, server_default="work"))
        tasks.add_column(sa.Column("branch", sa.String(length=60), nullable=True))
        tasks.add_column(sa.Column("place", sa.Integer(), nullable=True))
        tasks.add_column(sa.Column("owner_id", sa.String(length=20), nullable=True))
        tasks.add_column(sa.Column("asked_by", sa.String(length=20), nullable=True))
        tasks.add_column(sa.Column("claimed_at", TIME, nullable=True))
        tasks.add_column(sa.Column("vote", sa.String(length=10), nullable=True))
        tasks.add_column(sa.Column("escalated_role", sa.String(length=40), nullable=True))
        tasks.add_column(sa.Column("escalated_organisation_id", sa.Integer(), nullable=True))
        tasks.create_foreign_key("fk_tasks_owner_id", "people", ["owner_id"], ["id"])
        tasks.create_foreign_key("fk_tasks_asked_by", "people", ["asked_by"], ["id"])
        tasks.create_foreign_key("fk_tasks_escalated_organisation_id", "organisations", ["escalated_organisation_id"], ["id"])
        tasks.drop_constraint("ck_tasks_status", type_="check")
        tasks.create_check_constraint("ck_tasks_status", "status IN ('open','waiting','done','cancelled')")
        tasks.create_check_constraint("ck_tasks_kind", "kind IN ('work','ballot','branch','consult','cc')")
        tasks.create_check_constraint("ck_tasks_vote", "vote IS NULL OR vote IN ('agree','disagree','abstain')")
    with op.batch_alter_table("tasks") as tasks:
        tasks.alter_column("kind", server_default=None, existing_type=sa.String(length=10), existing_nullable=False)
    op.create_index("ix_tasks_queue", "tasks", ["role", "organisation_id", "due_at", "id"], **where(f"{OPEN} AND person_id IS NULL"))
    op.create_index("ix_tasks_person_open", "tasks", ["person_id", "due_at", "id"], **where(OPEN))
    op.create_index("ix_tasks_escalated", "tasks", ["escalated_role", "escalated_organisation_id", "due_at", "id"],
                    **where(f"{OPEN} AND escalated_role IS NOT NULL"))
    op.create_index("ix_tasks_person_id_case_id", "tasks", ["person_id", "case_id"])
    op.create_index("uq_tasks_case_open", "tasks", ["case_id"], unique=True, **where(f"{OPEN} AND kind = 'work'"))
    op.create_index("uq_tasks_ballot", "tasks", ["case_id", "entry", "person_id"], unique=True,
                    **where("kind = 'ballot' AND status <> 'cancelled'"))


def downgrade() -> None:
    """Only the tasks of 0001 remain; the history keeps what the others were."""
    for name in ("ix_tasks_queue", "ix_tasks_person_open", "ix_tasks_escalated", "ix_tasks_person_id_case_id",
                 "uq_tasks_case_open", "uq_tasks_ballot"):
        op.drop_index(name, table_name="tasks")
    op.execute("DELETE FROM tasks WHERE kind <> 'work' OR status = 'waiting'")
    with op.batch_alter_table("tasks") as tasks:
        for name in ("owner_id", "asked_by", "escalated_organisation_id"):
            tasks.drop_constraint(f"fk_tasks_{name}", type_="foreignkey")
        for name in ("kind", "vote", "status"):
            tasks.drop_constraint(f"ck_tasks_{name}", type_="check")
        for name in ("kind", "branch", "place", "owner_id", "asked_by", "claimed_at", "vote", "escalated_role",
                     "escalated_organisation_id"):
            tasks.drop_column(name)
        tasks.create_check_constraint("ck_tasks_status", "status IN ('open','done','cancelled')")
    op.create_index("ix_tasks_person_open", "tasks", ["person_id", "due_at"], **where(OPEN))
    op.create_index("ix_tasks_queue", "tasks", ["role", "organisation_id", "due_at", "id"], **where(OPEN))
    op.create_index("uq_tasks_case_open", "tasks", ["case_id"], unique=True, **where(OPEN))
    op.drop_column("people", "email_sealed")
    for table in reversed(TABLES):
        op.drop_table(table)
