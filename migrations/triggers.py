"""What the database itself refuses, whoever asks: the one list of triggers, for SQLite and PostgreSQL.

`env.py` drops them before migrations and creates them after, so this file always says what is in force. A refusal is
an IntegrityError on both databases. It stops mistakes and short cuts; that somebody with the owner's rights took the
triggers away is found by the verifier (`flask audit verify`), not here.
"""

from __future__ import annotations

import sqlalchemy as sa

# Rows that are only ever added.
APPEND_ONLY = ("releases", "seals", "ledger_entries", "payment_answers")
# Rows that change and are never removed.
KEPT = ("cases", "decisions", "tasks", "attachments", "events", "notices", "objections", "timers", "pools", "holds", "pool_proposals", "repayments",
        "payment_batches", "policy_figures")

# An event may be given its place in the log, once, and may lose its sealed details (erasure); nothing else.
EVENT_COLUMNS = (
    "id", "stream", "seq", "kind", "at", "actor_id", "role", "organisation_id", "on_behalf_of", "trigger",
    "from_state", "to_state", "amount_fen", "revision", "definition_digest", "snapshot_digest", "idem_key",
    "request_digest", "body", "prev", "hash",
)

# What hangs on the wall stays as it was posted, for as long; who objected, and with which words, stays too.
POSTED = ("id", "case_id", "entry", "state", "definition_key", "organisation_id", "path", "starts_on", "ends_on", "ends_at", "content")
OBJECTED = ("id", "notice_id", "case_id", "at", "named", "sealed", "seq")

# What the accountant sealed, and who is paid how much: as printed on the sheet that was signed.
SEALED = ("method", "layout", "reason", "count", "total_fen", "digest", "made_by", "sealed_by", "sealed_at")
PAID_TO = ("id", "batch_id", "n", "grant_line_id", "case_id", "account_index", "amount_fen")
DRAFT = "EXISTS (SELECT 1 FROM payment_batches b WHERE b.id = {row}.batch_id AND b.status = 'draft')"

# What an officer entered and another confirms or declines: as it was entered.
FIGURED = ("id", "kind", "definition_key", "name", "type", "organisation_id", "path", "value", "withdraws", "from_on", "title", "document",
           "proposed_by", "proposed_at")

# Who decided what, when, on which facts: all but the facts themselves, of which the digest stays.
DECIDED = ("case_id", "seq", "state", "trigger", "actor_id", "role", "organisation_id", "at", "amount_fen", "definition_digest", "snapshot_digest")
# The one thing that empties contents: the retention period is over, and an event of the same case says so.
ERASED = "EXISTS (SELECT 1 FROM events e WHERE e.stream = NEW.case_id AND e.kind = 'erase' AND e.seq > NEW.{seq})"
GONE = "EXISTS (SELECT 1 FROM events e WHERE e.stream = NEW.case_id AND e.kind = 'erase')"
# What came back, as it was entered and decided, its reason aside.
RETURNED = ("id", "case_id", "line_id", "kind", "amount", "receipt_id", "proposed_by", "proposed_at", "status", "decided_by", "decided_at")

# The event that explains what stands in the case row.
EXPLAINED = """EXISTS (SELECT 1 FROM events e WHERE e.stream = NEW.id AND e.seq = NEW.last_seq
    AND e.hash = NEW.last_hash AND e.to_state = NEW.state AND e.revision = NEW.revision)"""

# The entry that explains what stands in the pool row.
BOOKED = """EXISTS (SELECT 1 FROM ledger_entries e WHERE e.pool_id = NEW.id AND e.n = NEW.entries
    AND e.total = NEW.total AND e.held = NEW.held AND e.spent = NEW.spent)"""

# An entry is the next one of its pool, moves its amount from one account to the other and nothing else, and has its event.
BALANCED = """EXISTS (SELECT 1 FROM pools p WHERE p.id = NEW.pool_id AND NEW.n = p.entries + 1
    AND NEW.total = p.total + CASE 'source' WHEN NEW.from_account THEN NEW.amount WHEN NEW.to_account THEN -NEW.amount ELSE 0 END
    AND NEW.held = p.held + CASE 'held' WHEN NEW.to_account THEN NEW.amount WHEN NEW.from_account THEN -NEW.amount ELSE 0 END
    AND NEW.spent = p.spent + CASE 'spent' WHEN NEW.to_account THEN NEW.amount WHEN NEW.from_account THEN -NEW.amount ELSE 0 END
    AND EXISTS (SELECT 1 FROM events c WHERE c.stream = NEW.stream AND c.seq = NEW.seq))"""

# What a transfer or a carry-over puts into one pool has left another with the same event: money is moved, never made.
MOVED = """(NEW.kind NOT IN ('transfer','carry') OR NEW.to_account = 'source' OR EXISTS (SELECT 1 FROM ledger_entries g
    WHERE g.stream = NEW.stream AND g.seq = NEW.seq AND g.kind = NEW.kind AND g.amount = NEW.amount AND g.to_account = 'source'
    AND g.pool_id <> NEW.pool_id))"""

# After the last day of a pool what was reserved is paid or released, and what is left is carried over. Nothing else; what is
# paid may be less than what was reserved: the same event then releases the hold and makes a smaller one.
LOCKED = """EXISTS (SELECT 1 FROM pools p WHERE p.id = NEW.pool_id AND p.closed_on < {day} AND NEW.kind NOT IN ('release','spend')
    AND NOT (NEW.kind = 'carry' AND NEW.from_account = 'available')
    AND NOT (NEW.kind = 'hold' AND EXISTS (SELECT 1 FROM ledger_entries r WHERE r.pool_id = NEW.pool_id AND r.stream = NEW.stream
        AND r.seq = NEW.seq AND r.kind = 'release' AND r.amount >= NEW.amount)))"""
LOCAL_DAY = {"sqlite": "date(NEW.at, '+8 hours')", "postgresql": "(NEW.at AT TIME ZONE INTERVAL '+08:00')::date"}


def create(connection: sa.Connection) -> None:
    """Create every trigger whose table exists."""
    present = set(sa.inspect(connection).get_table_names())
    for table, when, wrong, sentence in _rules(connection.dialect.name):
        if table in present:
            for statement in _statements(connection.dialect.name, table, when, wrong, sentence):
                connection.exec_driver_sql(statement)


def drop(connection: sa.Connection) -> None:
    """Drop every trigger of ours, and on PostgreSQL the functions they call."""
    if connection.dialect.name == "sqlite":
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                           " AND name LIKE 'guard_%'").scalars().all()
        for name in names:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    else:
        names = connection.exec_driver_sql("SELECT proname FROM pg_proc WHERE proname LIKE 'guard\\_%%'"
                                           " AND pronamespace = current_schema()::regnamespace").scalars().all()
        for name in names:
            connection.exec_driver_sql(f'DROP FUNCTION "{name}"() CASCADE')


def _rules(dialect: str) -> list[tuple[str, str, str, str]]:
    """(table, when, the condition that is refused, the sentence it is refused with)."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    rewritten = " OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in EVENT_COLUMNS)
    returned = " OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in RETURNED)
    rules = [
        ("events", "UPDATE", f"{rewritten} OR (OLD.leaf_index IS NOT NULL AND NEW.leaf_index {differs} OLD.leaf_index)"
         f" OR (NEW.details IS NOT NULL AND NEW.details {differs} OLD.details)",
         "an event is never changed; it may get its leaf_index once and lose its details"),
        ("cases", "INSERT", f"NOT {EXPLAINED}", "a case is written together with the event that explains it"),
        ("cases", "UPDATE", f"NEW.id <> OLD.id OR NEW.last_seq <= OLD.last_seq OR NOT {EXPLAINED}",
         "a case changes only together with a new event that explains it"),
        ("pools", "INSERT", "NEW.total <> 0 OR NEW.held <> 0 OR NEW.spent <> 0 OR NEW.entries <> 0", "a pool begins empty"),
        ("pools", "UPDATE", "NEW.id <> OLD.id OR NEW.key <> OLD.key OR NEW.unit <> OLD.unit OR NEW.path <> OLD.path"
         f" OR NEW.organisation_id <> OLD.organisation_id OR NEW.entries < OLD.entries OR NEW.entries > 0 AND NOT {BOOKED}"
         " OR OLD.closed_on IS NOT NULL AND NEW.closed_on IS NULL"
         f" OR OLD.source IS NOT NULL AND NEW.source {differs} OLD.source OR OLD.successor_id IS NOT NULL AND NEW.successor_id {differs} OLD.successor_id",
         "the totals of a pool change only together with the entry that explains them"),
        ("ledger_entries", "INSERT", f"NOT {BALANCED} OR NOT {MOVED} OR {LOCKED.format(day=LOCAL_DAY[dialect])}",
         "an entry is the next of its pool, balances, has its event, and is not booked into a closed period"),
        ("holds", "UPDATE", "NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.pool_id <> OLD.pool_id"
         " OR NEW.amount <> OLD.amount OR OLD.status = 'released' OR NEW.status = 'open'"
         " OR (OLD.status = 'spent' AND (NEW.status <> 'spent' OR NEW.returned < OLD.returned))",
         "a hold is resolved once and keeps its amount"),
        ("pool_proposals", "UPDATE", "OLD.status <> 'open' OR NEW.pool_id <> OLD.pool_id OR NEW.kind <> OLD.kind"
         f" OR NEW.amount <> OLD.amount OR NEW.proposed_by <> OLD.proposed_by OR NEW.to_id {differs} OLD.to_id OR NEW.terms {differs} OLD.terms",
         "a proposal is decided once, as it was made"),
        ("repayments", "UPDATE", f"(OLD.status <> 'open' OR NEW.case_id <> OLD.case_id OR NEW.line_id {differs} OLD.line_id OR NEW.kind <> OLD.kind"
         " OR NEW.amount <> OLD.amount OR NEW.proposed_by <> OLD.proposed_by OR NEW.receipt_id <> OLD.receipt_id OR NEW.reason <> OLD.reason)"
         f" AND NOT (OLD.status <> 'open' AND NEW.reason = '' AND NOT ({returned}) AND {GONE})",
         "what comes back is decided once, as it was entered; it may lose its reason once an erase event says so"),
        ("grant_lines", "UPDATE", "NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.n <> OLD.n"
         " OR OLD.status = 'paid' AND (NEW.status <> 'paid' OR NEW.amount_fen <> OLD.amount_fen OR NEW.returned_fen < OLD.returned_fen)"
         " OR OLD.status = 'held' AND NEW.status = 'held' AND NEW.amount_fen <> OLD.amount_fen"
         f" OR NEW.sealed IS NULL AND OLD.sealed IS NOT NULL AND NOT {GONE}",
         "what was reserved keeps its amount, what was paid stays paid, and who was meant is emptied only once an erase event says so"),
        ("grant_lines", "DELETE", "OLD.status IN ('held', 'paid')", "a line that was reserved or paid is never deleted"),
    ]
    entered = " OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in FIGURED)
    rules.append(("policy_figures", "UPDATE", f"OLD.status <> 'open' OR {entered}", "a figure is decided once, as it was entered"))
    rules.append(("policy_figures", "INSERT", "NEW.status <> 'open'", "a figure is entered before it is confirmed"))
    kept, promised = (" OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in columns) for columns in (PAID_TO, SEALED))
    rules += [
        ("payment_batches", "UPDATE", "NEW.id <> OLD.id OR NEW.number <> OLD.number OR NEW.organisation_id <> OLD.organisation_id"
         f" OR OLD.status <> 'draft' AND ({promised}) OR NEW.status <> OLD.status AND NOT ("
         "OLD.status = 'draft' AND NEW.status IN ('sealed','void') OR OLD.status = 'sealed' AND NEW.status IN ('sent','void')"
         " OR OLD.status = 'sent' AND NEW.status = 'closed') OR OLD.status IN ('closed','void')"
         f" OR OLD.sent_by IS NOT NULL AND (NEW.sent_by {differs} OLD.sent_by OR NEW.file_sha256 {differs} OLD.file_sha256)",
         "a batch goes forward only, and what was sealed stays as it was sealed"),
        ("payment_lines", "INSERT", f"NEW.status <> 'open' OR NOT {DRAFT.format(row='NEW')}", "a sealed batch gets no more lines"),
        ("payment_lines", "DELETE", f"NOT {DRAFT.format(row='OLD')}", "a line of a sealed batch is never deleted"),
        ("payment_lines", "UPDATE", f"{kept} OR NEW.sealed {differs} OLD.sealed AND NOT (NEW.sealed IS NULL AND {GONE})"
         f" OR NEW.note <> OLD.note AND NOT {DRAFT.format(row='OLD')} AND NOT (NEW.note = '' AND {GONE}) OR NEW.status <> OLD.status AND NOT ("
         "OLD.status = 'open' AND NEW.status IN ('sent','void') OR OLD.status = 'sent' AND NEW.status IN ('paid','failed'))"
         f" OR OLD.status IN ('paid','failed') AND (NEW.settled_on {differs} OLD.settled_on OR NEW.answer_seq {differs} OLD.answer_seq"
         " OR NEW.code <> OLD.code OR NEW.bank_ref <> OLD.bank_ref)",
         "a payment keeps its payee and amount, and is settled once; it may lose its payee and words once an erase event says so"),
    ]
    decided, reposted, reworded = (" OR ".join(f'NEW."{column}" {differs} OLD."{column}"' for column in columns)
                                   for columns in (DECIDED, POSTED, OBJECTED))
    rules += [
        ("decisions", "UPDATE", f"{decided} OR NEW.snapshot IS NOT NULL OR NOT {ERASED.format(seq='seq')}",
         "a decision is never changed; it may lose its facts once an erase event says so"),
        ("notices", "UPDATE", f"({reposted} OR OLD.status IN ('ended','withdrawn')"
         " OR NEW.status = 'ended' AND (NEW.ended_at IS NULL OR NEW.ended_at < NEW.ends_at))"
         f" AND NOT ({_emptied('notices', 'content', chr(39) + '[]' + chr(39), differs)} AND {ERASED.format(seq='entry')})",
         "a notice is neither edited nor shortened; it may lose its contents once an erase event says so"),
        ("objections", "UPDATE", f"({reworded} OR OLD.status <> 'open' OR NEW.settled_seq IS NULL)"
         f" AND NOT ({_emptied('objections', 'sealed', 'NULL', differs)} AND {ERASED.format(seq='seq')})",
         "an objection keeps its words and is settled once, by an event; it may lose its words once an erase event says so"),
    ]
    for table in APPEND_ONLY:
        rules.append((table, "UPDATE", "", f"a row of {table} is never changed"))
    for table in APPEND_ONLY + KEPT:
        rules.append((table, "DELETE", "", f"a row of {table} is never deleted"))
        if dialect == "postgresql":
            rules.append((table, "TRUNCATE", "", f"the table {table} is never emptied"))
    return rules


def _emptied(table: str, column: str, empty: str, differs: str) -> str:
    """The condition under which an UPDATE of an ended row takes away the contents of `column` and nothing else."""
    others = [*(POSTED if table == "notices" else OBJECTED), "status", *(("ended_at",) if table == "notices" else ("settled_at", "settled_seq", "settled_by"))]
    same = " AND ".join(f'NOT (NEW."{name}" {differs} OLD."{name}")' for name in others if name != column)
    ended = "('ended','withdrawn')" if table == "notices" else "('upheld','dismissed')"
    return f"OLD.status IN {ended} AND NOT (NEW.{column} {differs} {empty}) AND {same}"


def _statements(dialect: str, table: str, when: str, wrong: str, sentence: str) -> list[str]:
    name = f"guard_{table}_{when.lower()}"
    if dialect == "sqlite":
        condition = f" WHEN {wrong}" if wrong else ""
        return [f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH ROW{condition}'
                f" BEGIN SELECT RAISE(ABORT, '{sentence}'); END"]
    each = "STATEMENT" if when == "TRUNCATE" else "ROW"
    refuse = f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation';"
    row = "OLD" if when == "DELETE" else "NEW"           # what a BEFORE trigger does not return is left undone in silence
    body = f"IF {wrong} THEN {refuse} END IF; RETURN {row};" if wrong else refuse
    return [f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$',
            f'CREATE TRIGGER "{name}" BEFORE {when} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{name}"()']
