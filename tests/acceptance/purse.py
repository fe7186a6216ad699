"""The county whose money and goods are tried at three doors: its people, its programme, and what must be true afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import select

from tests.acceptance.reading_room import photo
from tests.payments.conftest import CARDS, KEY, PAID, Office
from tests.web.county import HASH
from tests.world import NOW, PEOPLE, World
from web import db, signins
from workflow import engine, goods, money, people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.payments import reading as payments
from workflow.records import Account, ApiToken, Base, GoodsItem, GrantLine, PaymentBatch, Pool

if TYPE_CHECKING:
    from tests.acceptance.doors import Told

GRANT = (PAID.replace("  paid_on: {", "  holder: {label: 户名, type: text}\n  paid_on: {")
         .replace("amount: {value: form.cost}", "amount: {value: form.cost}\nlines: {account: form.bank_card, holder: form.holder}")
         .replace("form.bank_card]", "form.bank_card, form.holder]").replace("form.bank_card, attachments", "form.bank_card, form.holder, attachments"))
VISITS, RICE = "539921/2026/visits", "539921/2026/goods/rice-10kg"
DAY, LONG_AGO = timedelta(days=1), date(2020, 1, 1)
STRANGERS = frozenset({"sign_ins", "api_tokens", "throttles", "drafts"})
"""Tables a refused knock may touch: who signed in, how often, and what was typed, which a page keeps."""


class County(Office):
    """The people of `World` with accounts for every door, money in two pools, and somebody who changes desks.

    Nobody is accountant and cashier at once; `changed` is the one today and the other tomorrow.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(World(db.database(app).sessions))
        self.app, world = app, self.world
        with writing(world.sessions) as session:
            for short, name in (("changed", "普荣"), ("cashier2", "白雪")):
                world.ids[short] = people.add_person(session, NOW - timedelta(days=900), COMMAND, name, union_id=world.orgs["539921"]).id
            for short, role, first, last in (("changed", "finance", LONG_AGO, NOW.date()), ("changed", "cashier", NOW.date() + DAY, None),
                                             ("cashier2", "cashier", LONG_AGO, None)):
                people.appoint(session, world.ids[short], role, world.orgs["539921"], first, last, actor=COMMAND, now=NOW)
            for short in (*PEOPLE, "changed", "cashier2"):
                account = world.accounts[short] = people.add_account(session, world.ids[short], short, HASH, actor=COMMAND, now=NOW).id
                session.add(ApiToken(token_hash=signins.hash_of(f"token-{short}"), account_id=account, created_at=NOW, expires_at=NOW + 9 * DAY, revoked_at=None))
            money.open_pool(session, KEY, 10_000_000, COMMAND, NOW)
            money.open_pool(session, VISITS, 1_000_000, COMMAND, NOW)
        world.publish(GRANT, "paid_grant.v1.yaml")

    def tomorrow(self) -> None:
        """The next working day, at every door."""
        self.world.now += DAY
        self.app.config["CLOCK"].at = self.world.now

    def waiting(self, who: str = "worker", *, cost: str = "1000", card: str | None = CARDS[0], holder: str | None = None, steps: int = 2) -> str:
        """A case that waits at the cashier's, or `steps` of its two approvals further back."""
        form = {"cost": cost} | ({"bank_card": card} if card else {}) | ({"holder": holder} if holder else {})
        with writing(self.world.sessions) as session:
            case_id = engine.start(session, "paid_grant", self.world.signed_in(who), self.world.now)
        self.act(who, case_id, "submit", form=form)
        for clerk in ("clerk", "finance")[:steps]:
            self.act(clerk, case_id, "approve")
        return case_id

    def act(self, who: str, case_id: str, trigger: str, **more: Any) -> None:
        """A step by somebody of this county, straight through the engine."""
        actor, revision = self.world.signed_in(who), self.world.row(case_id).revision
        with writing(self.world.sessions) as session:
            engine.act(session, case_id, trigger, actor, self.world.now, revision=revision, **more)

    def corrected(self, case_id: str, **form: str) -> None:
        """The cashier returns the case, its applicant corrects the account, and it is looked at again before it is paid."""
        self.act("cashier", case_id, "return_to", dest="draft", comment="请更正收款账户", correct=("form.bank_card", "form.holder"))
        applicant = {self.world.ids[short]: short for short in self.world.accounts}[self.world.row(case_id).applicant_id]
        self.act(applicant, case_id, "submit", form=form)
        for clerk in ("clerk", "finance"):
            self.act(clerk, case_id, "approve")

    def receipt(self, case_id: str, who: str = "cashier") -> None:
        """The paper without which nothing is paid by hand."""
        with writing(self.world.sessions) as session:
            engine.attach(session, case_id, "receipt", "凭证.jpg", photo().getvalue(), self.world.signed_in(who), self.world.now)

    def raised(self, key: str, amount: int) -> None:
        """Two people put more into a pool."""
        with writing(self.world.sessions) as session:
            pool = session.scalars(select(Pool.id).where(Pool.key == key)).one()
            proposal = money.adjust(session, pool, amount, "追加预算", self.world.signed_in("finance"), self.world.now)
            money.confirm(session, proposal, self.world.signed_in("leader"), self.world.now)

    def pool(self, key: str = KEY) -> tuple[int, int, int]:
        """total, held, spent."""
        with reading(self.world.sessions) as session:
            row = session.scalars(select(Pool).where(Pool.key == key)).one_or_none()
            return (0, 0, 0) if row is None else (row.total, row.held, row.spent)

    def item(self, code: str = "rice-10kg", stock: int = 10) -> int:
        """An item with so many in stock, bought by one and confirmed by another."""
        item_id: int = self.do(goods.add, "clerk", self.world.orgs["539921"], code, "大米", "袋", "10 kg", "58.50")
        move = self.do(goods.purchase, "clerk", item_id, str(stock), "58.50", "云岭粮油有限公司", "NO-1", None, "两节慰问")
        self.do(goods.confirm, "finance", move)
        return item_id

    def move(self, item_id: int) -> str:
        with reading(self.world.sessions) as session:
            return str(goods.item(session, item_id, COMMAND, NOW.year).waits)

    def book(self) -> dict[str, str]:
        """A digest of every table but those a knock at the door may touch."""
        with reading(self.world.sessions) as session:
            return {name: sha256(repr(sorted(map(repr, session.execute(select(table))))).encode()).hexdigest()
                    for name, table in Base.metadata.tables.items() if name not in STRANGERS}

    @staticmethod
    def reordered(data: bytes) -> bytes:
        """The same answer with its rows the other way round."""
        head, *rows = data.splitlines()
        return b"\r\n".join([head, *reversed(rows)])

    def lines_of(self, *cases: str) -> list[str]:
        with reading(self.world.sessions) as session:
            return list(session.scalars(select(GrantLine.id).where(GrantLine.case_id.in_(cases)).order_by(GrantLine.id)))

    def payments_of(self, batch_id: str) -> dict[int, str]:
        with reading(self.world.sessions) as session:
            return {line.n: line.id for line in payments.lines(session, batch_id)}

    def number(self, batch_id: str) -> str:
        with reading(self.world.sessions) as session:
            return session.scalars(select(PaymentBatch.number).where(PaymentBatch.id == batch_id)).one()

    def newest(self) -> str:
        """The batch made last."""
        with reading(self.world.sessions) as session:
            return session.scalars(select(PaymentBatch.id).order_by(PaymentBatch.number.desc())).first() or ""

    def code(self, item_id: int) -> str:
        with reading(self.world.sessions) as session:
            return session.scalars(select(GoodsItem.code).where(GoodsItem.id == item_id)).one()

    def person(self, username: str) -> str:
        with reading(self.world.sessions) as session:
            return session.scalars(select(Account.person_id).where(Account.username == username)).one()


@dataclass
class Refusals:
    """A knock that must be refused, and what must be true afterwards."""

    county: County
    before: dict[str, str]

    @classmethod
    def of(cls, county: County) -> Refusals:
        return cls(county, county.book())

    def says(self, told: Told, code: str, zh: str, en: str) -> None:
        """Assert that this was refused with that sentence, and that not one row of anything has changed."""
        assert not told.done, told.words[:2000]
        assert zh in told.words, told.words[-3000:]
        assert told.codes is None or code in told.codes
        assert not told.english or en in told.words
        after = self.county.book()
        assert after == self.before, [name for name in after if after[name] != self.before[name]]
        self.county.clean()
