"""A county with cases that outsiders must not learn of, and everybody who might try.

What stands in `CANARIES` stands in the cases of 云岭县 and nowhere else: seen on a page of somebody outside, it has leaked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel
from sqlalchemy import select
from werkzeug.routing import IntegerConverter, Rule

from tests.acceptance.reading_room import photo
from tests.notices.wall import FORM, GRANT
from tests.payments.conftest import PAID as PAID_GRANT
from tests.web.county import HASH
from tests.web.desk import AID, NOW, Desks
from tests.web.desk import CARD as FAR_CARD
from web import signins
from web.access import words_of
from workflow import db, engine, figures, goods, imports, money, people, register
from workflow.actors import COMMAND, Actor
from workflow.payments import batches
from workflow.records import (
    Account,
    ApiToken,
    Appointment,
    Attachment,
    Base,
    Case,
    Event,
    GrantLine,
    Message,
    Notice,
    PaymentLine,
    Seal,
    Timer,
)

NAME, ID_NO, PHONE, CARD = "金丝雀甲", "11010519491231002X", "13977317731", "6228480010000077313"
CANARIES = (NAME, ID_NO, PHONE, CARD, "4900 1000 0773", "金丝雀单据", "金丝雀结论", "金丝雀意见", "金丝雀照片", "SD-539921", "7731", "赵敏", "孙建国")
STRANGER = ""
OUTSIDE = ("nurse", "outsider", "hospital", "far_auditor", "far_admin")
DRAFT, FIRST, CHECK, PAID, REJECTED = "draft", "first", "check", "paid", "rejected"
MONEY_TABLES = ("pools", "holds", "ledger_entries", "pool_proposals", "repayments", "policy_figures", "goods_items", "goods_moves", "line_signatures",
                "imports", "import_rows", "grant_lines", "payment_batches", "payment_lines", "payment_answers")
REGISTER_TABLES = ("households", "household_members", "hardship_files", "memberships", "merge_proposals", "person_corrections", "file_samples", "sampled_files")
CASE_TABLES = (*MONEY_TABLES, *REGISTER_TABLES,
               "cases", "drafts", "tasks", "decisions", "attachments", "case_keys", "case_identities", "counters", "notices", "objections", "timers")


@dataclass
class Scene:
    """The county, its cases by state, and the ids that addresses are made of."""

    app: Flask
    desks: Desks
    cases: dict[str, str] = field(default_factory=dict)
    person: str = ""
    account: int = 0
    file: str = ""
    appointment: int = 0
    absence: int = 0                 # of somebody of this county
    seal: int = 0
    pool: int = 0                    # of this county's own money
    figure: str = ""                 # a figure of one of this county's townships, waiting for the leader
    far_case: str = ""               # a case of the other county, waiting for its own officer
    timer: str = ""                  # the one that ends that notice
    notice: str = ""                 # what hangs of a case of the canary's, and what was objected to it
    objection: str = ""
    message: str = ""                # the canary's receipt
    household: str = ""              # the canary's own, with an address
    twin: str = ""                   # another entry of theirs, and the merge that was proposed
    merge: str = ""
    correction: str = ""             # of the canary's name, proposed by the clerk
    sample: str = ""                 # of hardship files, the canary's among them
    batch: str = ""                  # of payments, with the canary's in it, at the bank
    item: int = 0                    # in the store of this county
    line: str = ""                   # what a case of the canary's grants
    imported: str = ""               # a list with the canary in it that was looked over, with a row that is wrong
    tokens: set[str] = field(default_factory=set)

    @classmethod
    def built(cls, app: Flask) -> Scene:
        scene = cls(app, Desks(app))
        with db.writing(scene.desks.sessions) as session:
            unit, far, unit_far, county = (scene.desks.orgs[code] for code in ("539921-01-01", "539922", "539922-01", "539921"))
            worker = people.add_person(session, NOW - timedelta(days=900), COMMAND, NAME, union_id=unit, id_no=ID_NO, phone=PHONE,
                                       bank_card=CARD, member_since=date(2018, 3, 1))
            scene.person = worker.id
            scene.account = people.add_account(session, worker.id, "canary", HASH, actor=COMMAND, now=NOW).id
            for short, role, place in (("far_auditor", "auditor", far), ("far_admin", "admin", far), ("far_basic", "grassroots", unit_far),
                                       ("gone", "county_handler", county)):
                someone = people.add_person(session, NOW, COMMAND, short, union_id=place)
                people.add_account(session, someone.id, short, HASH, actor=COMMAND, now=NOW)
                people.appoint(session, someone.id, role, place, date(2020, 1, 1), None, actor=COMMAND, now=NOW)
            scene.absence = people.arrange(session, scene.desks.ids["third"], scene.desks.ids["fourth"], NOW.date(), NOW.date(), "", COMMAND, NOW)
            scene.appointment = session.scalars(select(Appointment.id).where(Appointment.person_id == scene.desks.ids["clerk"])).one()
            scene.household = register.open_household(session, worker.id, COMMAND, NOW, address=f"{NAME}巷7号")
            scene.twin = people.add_person(session, NOW, COMMAND, NAME, union_id=unit, phone=PHONE).id
        with db.writing(scene.desks.sessions) as session:
            names = f"姓名,身份证号,所属工会,会员号\n{NAME},{ID_NO},539921-01-01,M7\n{NAME},{ID_NO}9,539921-01-01,\n".encode()
            sheet = imports.read(names, imports.KINDS["people"].columns, NOW.date())
            scene.imported = imports.keep(session, imports.look_over(session, "people", sheet, names, "会员.csv", county, scene._in(session, "clerk"), NOW))
            scene.merge = register.propose(session, scene.person, scene.twin, "同一个人", scene._in(session, "clerk"), NOW)
            register.open_file(session, scene.household, "KN-0001", COMMAND, NOW, role="system", category="deep", size=1, per_capita_fen=50_000,
                               opened_on=date(2026, 1, 5))
            scene.sample = register.draw(session, county, 30, scene._in(session, "clerk"), NOW)
            scene.correction = register.propose_correction(session, scene.person, scene._in(session, "clerk"), NOW, name=f"{NAME}乙", reason="核对证件")
        for number, state in enumerate((DRAFT, FIRST, CHECK, PAID, REJECTED)):
            scene.cases[state] = scene.filed(state, number)
        scene.far_case = scene.filed(CHECK, 9, "far_worker", "far_basic", secret="邻县")
        with db.writing(scene.desks.sessions) as session:
            scene.message = session.scalars(select(Message.id).where(Message.case_id == scene.cases[PAID], Message.kind == "submitted")).one()
            scene.file = session.scalars(select(Attachment.id).where(Attachment.case_id == scene.cases[PAID])).one()
            scene.pool = money.open_pool(session, "539921/2026/aid", 500_000, COMMAND, NOW)
            scene.figure = figures.propose(session, scene.desks.orgs["539921-01"], "region", "dibao", "801", NOW.date(), "调整通知", "云岭民发〔2026〕30号",
                                           scene._in(session, "clerk"), NOW)
            scene.item = goods.add(session, county, "rice", "金丝雀单据米", "袋", "", "58.50", scene._in(session, "clerk"), NOW)
            scene.line = session.scalars(select(GrantLine.id).where(GrantLine.case_id == scene.cases[PAID])).one()
        scene.post()
        scene.pay()
        sealed = app.test_cli_runner().invoke(args=["audit", "seal"])
        assert sealed.exit_code == 0, sealed.output
        with db.reading(scene.desks.sessions) as session:
            scene.seal = session.scalars(select(Seal.size)).one()
        return scene

    def actor(self, username: str) -> Actor:
        with db.reading(self.desks.sessions) as session:
            account = session.scalars(select(Account.id).where(Account.username == username)).one()
            return people.actor_of(session, account, NOW.date())

    def filed(self, state: str, number: int, worker: str = "canary", basic: str = "basic", secret: str = "金丝雀") -> str:
        """A case of the canary's, carried to `state`, with something to find in every room of it."""
        form = {"bill_no": f"{secret}单据{number}", "cost": "9000", "insured": "100", "bank_card": CARD if worker == "canary" else FAR_CARD}
        steps: list[tuple[str, str, dict[str, Any]]] = [
            (worker, "submit", {}), (basic, "approve", {"form": {"opinion": f"{secret}结论"}}), ("clerk", "approve", {}), ("leader", "approve", {})]
        if state == REJECTED:
            steps[2:] = [("clerk", "reject", {})]
        with db.writing(self.desks.sessions) as session:
            me = self._in(session, worker)
            case_id = engine.start(session, "aid", me, NOW)
            engine.save(session, case_id, me, NOW, form, revision=1)
        for who, trigger, more in steps[:{DRAFT: 0, FIRST: 1, CHECK: 2}.get(state, 9)]:
            with db.writing(self.desks.sessions) as session:
                me = self._in(session, who)
                if who == basic:
                    engine.attach(session, case_id, "receipt", f"{secret}照片.jpg", photo().getvalue(), me, NOW)
                revision = session.scalars(select(Case.revision).where(Case.id == case_id)).one()
                engine.act(session, case_id, trigger, me, NOW, revision=revision, comment="" if who == worker else f"{secret}意见", **more)
        return case_id

    def post(self) -> None:
        """Let a case of the canary's hang on the wall, with an objection that names them."""
        self.desks.publish(GRANT, "posted_grant.v1.yaml")
        with db.writing(self.desks.sessions) as session:
            me = self._in(session, "canary")
            case_id = self.cases["posted"] = engine.start(session, "posted_grant", me, NOW)
            engine.act(session, case_id, "submit", me, NOW, revision=1, form=FORM | {"child": NAME, "story": f"{NAME} {PHONE}", "bank_card": CARD})
        with db.writing(self.desks.sessions) as session:
            engine.act(session, case_id, "approve", self._in(session, "basic"), NOW, revision=2)
            self.notice = session.scalars(select(Notice.id).where(Notice.case_id == case_id)).one()
            self.timer = session.scalars(select(Timer.id).where(Timer.case_id == case_id)).one()
            self.objection = engine.object_to(session, self.notice, "金丝雀意见：并不困难", name="赵敏", phone=PHONE, now=NOW)

    def pay(self) -> None:
        """Let a case of the canary's lie at the bank in a batch of payments."""
        self.desks.publish(PAID_GRANT, "paid_grant.v1.yaml")
        with db.writing(self.desks.sessions) as session:
            money.open_pool(session, "539921/2026/paid", 500_000, COMMAND, NOW)
            case_id = self.cases["paying"] = engine.start(session, "paid_grant", self._in(session, "canary"), NOW)
            for who, trigger, revision, form in (("canary", "submit", 1, {"cost": "100", "bank_card": CARD}), ("clerk", "approve", 2, {}), ("finance", "approve", 3, {})):
                engine.act(session, case_id, trigger, self._in(session, who), NOW, revision=revision, form=form)
            line = session.scalars(select(GrantLine.id).where(GrantLine.case_id == case_id)).one()
            self.batch = batches.make(session, self._in(session, "finance"), NOW, [line], layout="csv")
            paid = session.scalars(select(PaymentLine.id).where(PaymentLine.batch_id == self.batch)).one()
            batches.explain(session, self.batch, paid, "已与卡面核对", self._in(session, "finance"), NOW)
            batches.seal(session, self.batch, self._in(session, "finance"), NOW)
            batches.send(session, self.batch, self._in(session, "cashier"), NOW)

    def _in(self, session: Any, username: str) -> Actor:
        return people.actor_of(session, session.scalars(select(Account.id).where(Account.username == username)).one(), NOW.date())

    # --- who walks ------------------------------------------------------------------------------------------

    def browser(self, username: str) -> FlaskClient:
        """A browser in which that person is signed in; nobody for `STRANGER`."""
        client = self.app.test_client()
        if username:
            with self.app.test_request_context(), db.writing(self.desks.sessions) as session:
                key = signins.open_row(session, session.scalars(select(Account.id).where(Account.username == username)).one(), NOW)
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = key, True
        return client

    def token(self, username: str) -> str:
        """A token of that person, as `POST /tokens` would have made it."""
        if username not in self.tokens:
            self.tokens.add(username)
            with db.writing(self.desks.sessions) as session:
                account = session.scalars(select(Account.id).where(Account.username == username)).one()
                session.add(ApiToken(token_hash=signins.hash_of(f"token-{username}"), account_id=account, created_at=NOW,
                                     expires_at=NOW + timedelta(hours=9), revoked_at=None))
        return f"token-{username}"

    def disable(self, username: str) -> None:
        with db.writing(self.desks.sessions) as session:
            account = session.scalars(select(Account.id).where(Account.username == username)).one()
            people.set_status(session, account, "disabled", actor=COMMAND, now=NOW)

    def words(self, username: str) -> frozenset[str]:
        return words_of(self.actor(username)) if username else frozenset({"public"})

    # --- what is asked --------------------------------------------------------------------------------------

    def addresses(self, rule: Rule, case_id: str) -> str:
        """The address of `rule` with real ids. A converter nobody has given an id for fails: nothing may be forgotten."""
        row = self.desks.row(case_id)
        known: Mapping[str, Any] = {
            "case_id": case_id, "id": case_id, "attachment_id": self.file, "account_id": self.account, "appointment_id": self.appointment,
            "absence_id": self.absence, "seq": 1, "batch_id": self.batch,
            "household_id": self.household, "person_id": self.person, "other_id": self.twin, "proposal_id": self.merge,
            "correction_id": self.correction, "sample_id": self.sample, "n": 1,
            "pool_id": self.pool, "figure_id": self.figure, "item_id": self.item, "line_id": self.line, "import_id": self.imported, "field": "bill_no",
            "key": "aid", "version": 1, "name": "aid.v1.yaml", "size": self.seal, "trigger": "submit", "kind": "work", "token": case_id,
            "filename": "app.css", "message_id": self.message, "channel": "email", "notice_id": self.notice, "timer_id": self.timer, "objection_id": self.objection,
            "number": 1 if isinstance(rule._converters.get("number"), IntegerConverter) else row.number or "SD-0"}
        missing = rule.arguments - known.keys()
        assert not missing, f"{rule.rule}: say in tests/acceptance/scene.py which real id stands for {missing}"
        path = self.app.url_map.bind("localhost").build(rule.endpoint, {name: known[name] for name in rule.arguments})
        return str(path)

    def form(self, case_id: str) -> dict[str, Any]:
        """One body with what any page's POST reads, ids and figures real. Nothing in it is a canary."""
        pair = f"{case_id}:{self.desks.row(case_id).revision}"
        county = self.desks.orgs["539921"]
        return {
            "revision": pair.partition(":")[2], "trigger": "approve", "comment": "走查", "dest": "draft", "confirmed": "1", "consent": "1",
            "declared": "1", "go": "on", "asked": ["bill_no", "opinion"], "f.bill_no": "改了", "f.opinion": "改了", "f.cost": "1",
            "field": ["bank_card"], "reason": "想看一眼", "s": [pair], "applicant": self.person, "status": "disabled", "role": "county_leader",
            "organisation": county, "parent": county, "union": county, "code": "X9", "name": "走查", "level": "unit", "username": "walker",
            "text": AID.replace("version: 1", "version: 2"), "session": "others", "remove": self.file, "old": "wrong", "new": "一句新的话2026",
            "again": "一句新的话2026", "password": "wrong", "amount": "1", "unmask": "1", "seal": "x",
            "pool": "539921/2026/walk", "unit": "money", "what": "adjust", "proposal": "0", "answer": "confirm", "day": "2026-12-31",
            "operation": "transfer", "to": self.desks.ids["clerk2"], "substitute": self.desks.ids["clerk2"], "starts_on": "2026-06-16", "ends_on": "",
            "named": "no", "upheld": "yes", "opinion": "走查", "of": "region..dibao", "value": "900",
            "from_on": "2026-06-01", "title": "走查通知", "sure": "1", "place": county, "quantity": "3", "price": "2", "supplier": "走查公司", "document": "NO-7",
            "counted": "2", "line": "1", "with": self.desks.ids["clerk2"], "method": "phone", "move": "0"}

    def json(self, model: type[BaseModel] | None, case_id: str) -> Any:
        """A body that `model` accepts, aimed at this case."""
        if model is None:
            return None
        revision = self.desks.row(case_id).revision
        known = {
            "programme": "aid", "form": {"cost": "1"}, "on_behalf_of": self.person, "revision": revision, "trigger": "approve", "comment": "走查",
            "dest": None, "amount": None, "organisation": None, "declared": True, "correct": ["form.cost"], "operation": "transfer", "to": "clerk", "task": None,
            "items": [{"id": case_id, "revision": revision}], "username": "canary", "password": "wrong",
            "text": "走查", "name": "", "phone": "", "lines": [1], "line": 1, "method": "phone", "beside": "clerk2", "reason": "走查",
            "grant_lines": [self.line], "layout": "csv", "what": "drop", "n": 1, "note": "走查", "place": "539921", "code": "X9", "unit": "袋", "spec": "",
            "price": "2", "active": True, "quantity": 3, "supplier": "走查公司", "document": "NO-7", "pool": None, "year": None, "counted": 2, "move": "0",
            "answer": "confirm"}
        missing = model.model_fields.keys() - known.keys()
        assert not missing, f"{model.__name__}: say in tests/acceptance/scene.py what stands for {missing}"
        return {name: known[name] for name in model.model_fields}

    # --- what is left behind --------------------------------------------------------------------------------

    def tables(self, names: tuple[str, ...] = CASE_TABLES, *, but: frozenset[str] = frozenset()) -> dict[str, str]:
        """A digest of every row of these tables, columns in `but` left out."""
        found = {}
        with db.reading(self.desks.sessions) as session:
            for name in names:
                table = Base.metadata.tables[name]
                columns = [column for column in table.columns if column.name not in but]
                found[name] = sha256(repr(sorted(map(repr, session.execute(select(*columns))))).encode()).hexdigest()
        return found

    def events(self) -> list[Event]:
        with db.reading(self.desks.sessions) as session:
            return list(session.scalars(select(Event).order_by(Event.id)))


def about_a_case(rule: Rule) -> bool:
    """Whether the address names a case or a file of one."""
    return bool(rule.arguments & {"case_id", "attachment_id"}) or rule.rule.startswith("/api/v1/applications/<id>")


def leaked(text: str, sent: str, allowed: frozenset[str] = frozenset()) -> list[str]:
    """The canaries on a page, those aside that the reader had sent."""
    return [canary for canary in CANARIES if canary in text and canary not in sent and canary not in allowed]
