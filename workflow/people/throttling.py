"""Slowing down those who guess passwords, in the database, so that every worker process knows.

Counted three ways: an account from one address, which is slowed soon; an address, which may be a whole office; and an
account from anywhere, which waits a minute at most, so that nobody is locked out by a stranger.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.orm import Session

from ..errors import Refused, one
from ..records import Throttle
from ..records.base import UtcTime

FORGOTTEN = timedelta(days=1)

_COUNT = text("""
    INSERT INTO throttles (key, failures, next_at) VALUES (:key, 1, :now)
    ON CONFLICT (key) DO UPDATE SET failures = throttles.failures + 1 RETURNING failures
""").bindparams(bindparam("now", type_=UtcTime()))


def attempt(session: Session, username: str, address: str, now: datetime) -> None:
    """Raise `Refused`, saying how long to wait, when this is tried too often. Writes nothing."""
    next_at = session.scalars(select(Throttle.next_at).where(
        Throttle.key.in_(_keys(username, address)), Throttle.next_at > now)).all()
    if next_at:
        minutes = ceil((max(next_at) - now) / timedelta(minutes=1))
        raise Refused(one("SIGN_IN_WAIT", f"密码输错次数太多，请 {minutes} 分钟后再试；忘了密码请联系本单位的系统管理员",
                          f"Too many wrong passwords; try again in {minutes} min, or ask your administrator"))


def failed(session: Session, username: str, address: str, now: datetime) -> None:
    """Count a wrong password; from the limit on, the wait doubles with each."""
    session.execute(delete(Throttle).where(Throttle.next_at < now - FORGOTTEN))
    for key, (limit, longest) in _keys(username, address).items():
        failures: int = session.execute(_COUNT, {"key": key, "now": now}).scalar_one()
        minutes = min(2 ** min(failures - limit, 10), longest) if failures >= limit else 0
        row = session.get_one(Throttle, key, populate_existing=True)
        row.next_at = now + timedelta(minutes=minutes)
    session.flush()


def succeeded(session: Session, username: str, address: str, now: datetime) -> None:
    """Forget what was counted against the account; what was counted against the address stays."""
    keys = [key for key in _keys(username, address) if not key.startswith("address:")]
    session.execute(delete(Throttle).where(Throttle.key.in_(keys)))


def _keys(username: str, address: str) -> dict[str, tuple[int, int]]:
    """Key → (wrong passwords before the first wait, longest wait in minutes)."""
    username, address = username.strip().lower()[:64], address[:45]
    return {f"both:{username}|{address}": (5, 15), f"account:{username}": (20, 1), f"address:{address}": (50, 15)}
