"""A great many cases by bulk SQL, for lists that must not grow with the archive. Only ever for a bench database.

The rows satisfy every constraint and explain each other, one event a case; triggers and foreign keys are not asked
while they are written, because a million single checks would take longer than everything that is measured. Their bytes
are not what the engine would have sealed: nobody opens them. The cases that are traced are real copies, see `county`.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from migrations import triggers

from .county import County

OPEN_SHARE = 10                          # one case in so many waits for somebody, the rest are done
COUNTIES = 20                            # and half of those wait for one reviewer: 500 of 10,000, the count's cap, and up
STEP = 100_000

# `n` is the running number; {hash} are 32 bytes made from it, {blank} bytes of a usual length.
_EVENT = """INSERT INTO events (stream, seq, kind, at, actor_id, role, "trigger", from_state, to_state, amount_fen, revision,
 definition_digest, body, prev, hash, leaf_index)
 SELECT {id}, 1, 'act', {time}, '{clerk}', 'county_handler', 'approve', 'check', 'paying', 100000, 1, '{digest}',
 {blank}, {h}, {hash}, NULL FROM {numbers}"""
_CASE = """INSERT INTO cases (id, number, definition_key, definition_version, definition_digest, applicant_id, filed_by,
 unit_id, path, state, revision, entry, entered_at, submitted_at, cycle, outcome, ended_at, amount_fen, form, figures,
 last_seq, last_hash, created_at, updated_at)
 SELECT {id}, 'B-' || n, 'aid', 1, '{digest}', '{worker}', '{worker}', {unit}, '{path}',
 CASE WHEN n % {share} = 0 THEN 'check' ELSE 'paid' END, 1, 1, {time}, {time}, '2026',
 CASE WHEN n % {share} = 0 THEN NULL ELSE 'approved' END, CASE WHEN n % {share} = 0 THEN NULL ELSE {time} END, 100000,
 '{{}}', '{{}}', 1, {hash}, {time}, {time} FROM {numbers}"""
_TASK = """INSERT INTO tasks (id, case_id, entry, state, definition_key, kind, role, organisation_id, status, opened_at, due_at,
 flags, resubmitted)
 SELECT {id}, {id}, 1, 'check', 'aid', 'work', 'county_handler', CASE WHEN n % {counties} = 0 THEN {mine} ELSE {other} END,
 CASE WHEN n % {share} = 0 THEN 'open' ELSE 'done' END, {time}, {time}, '[]', {no} FROM {numbers}"""

_POSTGRESQL = {
    "id": "lpad(to_hex(n), 20, '0')", "numbers": "generate_series({first}::bigint, {last}) AS n",
    "time": "timestamptz '2026-01-01' + (n * 7919 % 400000) * interval '1 minute'", "no": "false",
    "blank": "decode(repeat('ab', 420), 'hex')", "h": "decode(repeat('00', 32), 'hex')",
    "hash": "sha256(n::text::bytea)",
}
_SQLITE = {
    "id": "printf('%020x', n)",
    "numbers": "(WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) SELECT n FROM s)",
    "time": "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-01-01', (n * 7919 % 400000) || ' minutes')", "no": "0",
    "blank": "zeroblob(420)", "h": "zeroblob(32)",
    "hash": "CAST(printf('%032x', n * 7919 % 10000019) AS BLOB)",
}


def fill(county: County, count: int) -> None:
    """Add `count` cases of one event and one task each; the waiting ones are spread evenly."""
    orgs, people = county.world.orgs, county.world.ids
    with county.sessions.kw["bind"].connect().execution_options(tx="write") as connection:
        postgresql = connection.dialect.name == "postgresql"
        if not postgresql:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if postgresql:
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL session_replication_role = replica")
            else:
                triggers.drop(connection)
            found = connection.execute(text("SELECT digest, path FROM releases, organisations WHERE organisations.id = :id"),
                                       {"id": orgs["539921-01-01"]}).one()
            words = {"digest": found.digest, "path": found.path, "share": OPEN_SHARE, "counties": COUNTIES,
                     "worker": people["worker"], "clerk": people["clerk"], "unit": orgs["539921-01-01"],
                     "mine": orgs["539921"], "other": orgs["539922"]}
            for first in range(1, count + 1, STEP):
                for statement in (_EVENT, _CASE, _TASK):
                    _write(connection, statement, words | {"first": first, "last": min(first + STEP - 1, count)})
            if not postgresql:
                triggers.create(connection)
            connection.exec_driver_sql("ANALYZE")
        if not postgresql:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


def _write(connection: Connection, statement: str, words: dict[str, object]) -> None:
    postgresql = connection.dialect.name == "postgresql"
    made = statement.format_map(words | {
        name: value.format_map(words) for name, value in (_POSTGRESQL if postgresql else _SQLITE).items()})
    connection.exec_driver_sql(made.replace("%", "%%") if postgresql else made)
