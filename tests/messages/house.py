"""The ward's county where people can be reached, and what tests ask about messages."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.timers.ward import Ward
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.notifications.channels import Channels
from workflow.notifications.sending import Sent, send_due
from workflow.privacy import vault
from workflow.records import Message, Outbox, Person

MAIL = {"worker": "wenhua@mail.example", "clerk": "wangli@mail.example", "leader": "sun@mail.example", "admin": "zhangwei@mail.example"}
PHONE = "13977310000"


class House(Ward):
    def __init__(self, sessions: sessionmaker[Session], ways: Channels) -> None:
        super().__init__(sessions)
        self.ways = ways
        self.open_accounts()
        with writing(sessions) as session:
            for short, address in MAIL.items():
                people.set_email(session, self.ids[short], address, COMMAND, self.now)
            person = session.get_one(Person, self.ids["worker"])
            person.phone_sealed = vault(session).seal("people.phone", person.id, PHONE.encode())

    def send(self, **later: float) -> Sent:
        self.now += timedelta(**later)
        return send_due(self.sessions, self.now, self.ways, seconds=lambda: 0.0)

    def kinds(self, short: str) -> list[str]:
        """What this person was told, in the order of their inbox."""
        return [row.kind for row in self.messages(short)]

    def messages(self, short: str) -> list[Message]:
        with reading(self.sessions) as session:
            return list(session.scalars(select(Message).where(Message.person_id == self.ids[short]).order_by(Message.created_at, Message.seq, Message.id)))

    def outbox(self, channel: str | None = None) -> list[Outbox]:
        with reading(self.sessions) as session:
            rows = session.scalars(select(Outbox).join(Message, Message.id == Outbox.message_id).order_by(Message.created_at, Message.seq, Outbox.channel))
            return [row for row in rows if channel in (None, row.channel)]

    def statuses(self, channel: str) -> list[str]:
        return [row.status for row in self.outbox(channel)]
