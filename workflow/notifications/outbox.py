"""The rows of `outbox`: one for each message and channel, written with the message, taken by whoever sends, marked after.

A row that is taken is leased for a minute: whoever took it may die, and the next one carries on with the same key. Per case,
person and channel nothing overtakes what is still on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from .. import history
from ..actors import Actor
from ..errors import Impossible, NotFound, one
from ..organisations import actor_role
from ..records import Account, Case, Message, Outbox, Person
from .quiet import Hours
from .sentences import KINDS

LEASE = timedelta(seconds=60)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240, 360, 360))
"""Before the second attempt, the third, and so on; after the last it is dead until somebody sends it again."""
PERSONAL = ("email", "sms")          # these go to one person's own address; a robot speaks to a whole group
_o, _m, _people, _accounts, _cases = (table.__table__ for table in (Outbox, Message, Person, Account, Case))


@dataclass(frozen=True, slots=True)
class Outside:
    """Which channels this house has and when it stays silent: what `make_sessions(channels=…)` needs to know of them."""

    names: tuple[str, ...]
    quiet: Hours = Hours()


@dataclass(frozen=True, slots=True)
class Taken:
    """One row in the sender's hand."""

    message_id: str
    channel: str
    attempts: int
    lease_until: datetime
    person_id: str | None
    kind: str
    params: Mapping[str, Any]
    digest: str | None               # of the rules of its case
    lang: str
    wanted: bool                     # the person still wants this channel and still has an account, or never had one
    address: bytes | None            # sealed

    @property
    def key(self) -> str:
        """What a receiver knows a message by, however often it comes."""
        return f"{self.message_id}.{self.channel}"


def write(session: Session, rows: list[dict[str, Any]]) -> dict[str, str]:
    """Insert rows of `messages` that are not there yet, and return person by id of those that were written."""
    insert_ = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    done = session.connection().execute(insert_(_m).on_conflict_do_nothing().returning(_m.c.id, _m.c.person_id), rows)
    return {row.id: row.person_id for row in done}


def queue(session: Session, written: Mapping[str, str], kind: str, now: datetime) -> None:
    """Add a row for each channel that these messages (id → person) take. Without channels nothing leaves the house."""
    outside: Outside | None = session.info.get("channels")
    if outside is None:
        return
    channels = [name for name in PERSONAL if name in outside.names and name in KINDS[kind].out]
    if not channels or not written:
        return
    rows = session.connection().execute(
        select(_people.c.id, _people.c.email_sealed.is_not(None).label("email"), _people.c.phone_sealed.is_not(None).label("sms"),
               _accounts.c.settings, _accounts.c.status)
        .outerjoin(_accounts, _accounts.c.person_id == _people.c.id).where(_people.c.id.in_(set(written.values())))).all()
    reached = {row.id: [name for name in channels if getattr(row, name) and wants(row.settings, row.status, name)] for row in rows}
    add(session, [(message, name) for message, person in written.items() for name in reached[person]], outside.quiet.over(now))


def add(session: Session, pairs: list[tuple[str, str]], due_at: datetime) -> None:
    """Add (message, channel) rows that are due then."""
    if pairs:
        session.connection().execute(insert(_o), [
            {"message_id": message, "channel": channel, "status": "due", "due_at": due_at, "lease_until": None, "attempts": 0,
             "error": None, "sent_at": None} for message, channel in pairs])


def wants(settings: Mapping[str, Any] | None, status: str | None, channel: str) -> bool:
    """Return whether somebody takes messages this way: everybody does until they say no, and nobody whose account is closed."""
    return status != "disabled" and channel not in ((settings or {}).get("silent") or ())


def waiting(session: Session, now: datetime, channels: tuple[str, ...]) -> bool:
    """Return whether anything could be sent now. Reads only."""
    return session.connection().execute(_ready(now, channels).limit(1)).first() is not None


def take(session: Session, now: datetime, channels: tuple[str, ...]) -> Taken | None:
    """Lease the row that has been due longest, or return None. Two senders at once never take the same one."""
    found = session.connection().execute(_ready(now, channels).limit(1).with_for_update(of=_o, skip_locked=True)).first()
    if found is None:
        return None
    mine = (_o.c.message_id == found.message_id, _o.c.channel == found.channel)
    taken = session.connection().execute(update(_o).where(*mine, *_free(now)).values(
        lease_until=now + LEASE, attempts=_o.c.attempts + 1)).rowcount
    if taken != 1:
        return None
    address = _people.c.email_sealed if found.channel == "email" else _people.c.phone_sealed
    row = session.connection().execute(
        select(_m.c.person_id, _m.c.kind, _m.c.params, _cases.c.definition_digest, _accounts.c.settings, _accounts.c.status, address.label("address"))
        .outerjoin(_cases, _cases.c.id == _m.c.case_id).outerjoin(_people, _people.c.id == _m.c.person_id)
        .outerjoin(_accounts, _accounts.c.person_id == _m.c.person_id).where(_m.c.id == found.message_id)).one()
    return Taken(found.message_id, found.channel, found.attempts + 1, now + LEASE, row.person_id, row.kind, row.params, row.definition_digest,
                 str((row.settings or {}).get("lang", "zh")), row.person_id is None or wants(row.settings, row.status, found.channel), row.address)


def sent(session: Session, taken: Taken, now: datetime) -> None:
    """Note that it arrived. Also when somebody else has leased it since: what arrived is not sent again."""
    session.connection().execute(_row(taken).where(_o.c.status != "sent").values(status="sent", sent_at=now, lease_until=None, error=None))


def skipped(session: Session, taken: Taken, why: str) -> None:
    """Note that nobody is there to send it to."""
    _mine(session, taken, status="skipped", error=why)


def failed(session: Session, taken: Taken, why: str, now: datetime, *, for_good: bool = False) -> bool:
    """Put it off, or give it up: then True."""
    dead = for_good or taken.attempts > len(WAITS)
    return _mine(session, taken, error=why[:300], **({"status": "dead"} if dead else {"due_at": now + WAITS[taken.attempts - 1]})) and dead


def resend(session: Session, message_id: str, channel: str, actor: Actor, now: datetime) -> None:
    """Try a dead message again from the beginning. Raises `NotFound`, `Impossible` where it is not dead any more."""
    row = session.connection().execute(select(_o.c.status).where(_o.c.message_id == message_id, _o.c.channel == channel).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("message")
    if row.status != "dead":
        raise Impossible(one("NOT_DEAD", "这条消息已经不在未送达之列，请刷新页面查看", "This message is not among the undelivered any more; reload the page"))
    session.connection().execute(update(_o).where(_o.c.message_id == message_id, _o.c.channel == channel).values(
        status="due", due_at=now, attempts=0, lease_until=None))
    history.append_to(session, "system", kind="resend", at=now, actor=actor, role=actor_role(actor), extra={"message": message_id, "channel": channel})


def _ready(now: datetime, channels: tuple[str, ...]) -> Any:
    before, told = _o.alias("before"), _m.alias("told_before")
    overtaken = exists().where(
        told.c.stream == _m.c.stream, told.c.person_id == _m.c.person_id,
        or_(told.c.seq < _m.c.seq, and_(told.c.seq == _m.c.seq, told.c.id < _m.c.id)),
        before.c.message_id == told.c.id, before.c.channel == _o.c.channel, before.c.status == "due")
    return (select(_o.c.message_id, _o.c.channel, _o.c.attempts).join(_m, _m.c.id == _o.c.message_id)
            .where(_o.c.channel.in_(channels), _o.c.due_at <= now, *_free(now), ~overtaken).order_by(_o.c.due_at, _o.c.message_id))


def _free(now: datetime) -> tuple[Any, ...]:
    return _o.c.status == "due", or_(_o.c.lease_until.is_(None), _o.c.lease_until <= now)


def _row(taken: Taken) -> Any:
    return update(_o).where(_o.c.message_id == taken.message_id, _o.c.channel == taken.channel)


def _mine(session: Session, taken: Taken, **values: Any) -> bool:
    """Change the row as long as the lease is still the sender's own."""
    changed = session.connection().execute(_row(taken).where(_o.c.status == "due", _o.c.lease_until == taken.lease_until).values(lease_until=None, **values))
    return changed.rowcount == 1
