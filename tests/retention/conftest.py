"""The small county with a programme whose personal data are kept for ten years, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.acceptance.reading_room import photo
from tests.history.conftest import Dba, _as_owner
from tests.notices.wall import FORM, GRANT, Wall
from workflow import engine, history
from workflow.actors import COMMAND, Actor
from workflow.db import reading, writing
from workflow.engine import erasing

TEXT = GRANT.replace("initial: draft\n", "initial: draft\nretention: 10 years\n").replace("calc:\n", """\
attachments:
  receipt: {label: 票据, max: 2}
calc:
""", 1).replace("edit: [form.*]", "edit: [form.*, attachments.*]")
PLAIN = ("李小凤凰", "父亲张大山住院", "出院小结张大山", "家住梅园三号")
"""What lies readable in the database: two answers, the name of a file, what a clerk typed and never sent. All else is sealed there."""


class Archive(Wall):
    """The county, and cases that ended in it."""

    def ended(self, who: str = "worker", basic: str = "basic") -> str:
        """A case that was handed in with a file, objected to, and granted; its clerk's draft was never sent."""
        case_id = self.start(who, "posted_grant")
        me = self.actor(who)
        with writing(self.sessions) as session:
            engine.attach(session, case_id, "receipt", "出院小结张大山.jpg", photo().getvalue(), me, self.now)
        self.act(who, case_id, "submit", form=FORM | {"story": "父亲张大山住院"})
        self.act(basic, case_id, "approve", comment="核对过张大山的账")
        self.settle(basic, self.object(case_id, text="邻居王五喜说不困难", name="王五喜", phone="13977317731"), upheld=False)
        self.second(case_id)
        self.over(case_id)
        self.passes(case_id)
        clerk = self.actor("clerk")
        with writing(self.sessions) as session:
            engine.save(session, case_id, clerk, self.now, {}, revision=self.row(case_id).revision, comment="家住梅园三号")
        self.act("clerk2", case_id, "pay")
        return case_id

    def later(self, years: float = 10.01) -> datetime:
        """Let years pass."""
        self.now += timedelta(days=365.25 * years)
        return self.now

    def erase(self, case_id: str, actor: Actor = COMMAND, reason: str = "保存期限届满") -> engine.Erased:
        with writing(self.sessions) as session:
            return engine.erase(session, case_id, actor, self.now, reason=reason)

    def erased(self) -> str:
        """A case whose time was over and that is erased, files and all."""
        case_id = self.ended()
        self.later()
        done = self.erase(case_id)
        with reading(self.sessions) as session:
            assert erasing.remove(session.info["store"], done.files) == len(done.files) == 1
        return case_id

    def findings(self) -> list[str]:
        with reading(self.sessions) as session:
            return [finding.code for finding in history.verify(session)]


@pytest.fixture
def archive(sessions: sessionmaker[Session]) -> Archive:
    archive = Archive(sessions)
    archive.publish(TEXT)
    return archive


@pytest.fixture
def dba(engine: object) -> Dba:
    """Run SQL past every trigger and foreign key, as the owner of the database can."""
    return lambda statements: _as_owner(engine, statements)  # type: ignore[arg-type]
