"""Every address, with real ids of one county, asked for by everybody who is not meant to have them.

Nothing is listed by hand: the URL map, the models of the API and the words of `@access` say what there is. An address with
an id nobody has thought of, or a body nobody has filled in, fails here until somebody does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.acceptance.reading_room import photo
from tests.acceptance.scene import (
    CARD,
    CASE_TABLES,
    CHECK,
    DRAFT,
    FIRST,
    ID_NO,
    NAME,
    OUTSIDE,
    PAID,
    REJECTED,
    STRANGER,
    Scene,
    about_a_case,
    leaked,
)
from tests.web.county import Clock
from tests.web.desk import NOW
from web import create_app, db
from web.db import SAFE
from workflow.records import Base

OPENED = ("reveal", "export", "print", "verify", "search", "view_file")
"""What an auditor leaves behind: that they looked."""
SEARCHES = {"review.find_number": {"number": CARD}, "audit.search_number": {"number": CARD}, "public.find": {"number": "SD-539921", "code": "00000000"},
            "apply.choose": {"q": NAME}, "register.find": {"number": ID_NO}, "register.find_cover": {"number": ID_NO}}
COLLEAGUES = {"account.away", "account.arrange", "account.hand_over", "account.hand_over_now"}
"""Pages on which an officer chooses among the officers of their own county, whose names are no secret of any case."""
Open = Callable[..., Scene]


@pytest.fixture(scope="module")
def built(new_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """`built("sqlite")`: the scene on that kind of database, made once; a walk through it must not change the cases."""
    opened: dict[str, tuple[Any, Flask, Scene]] = {}

    def build(kind: str) -> Scene:
        if kind not in opened:
            database = new_database(kind)
            folder: Path = tmp_path_factory.mktemp(kind)
            (folder / "definitions/flows").mkdir(parents=True)
            app = create_app({
                "TESTING": True, "DATABASE_URL": database.__enter__(), "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": Clock(NOW),
                "UPLOADS": str(folder / "uploads"), "DEFINITIONS": str(folder / "definitions")})
            app.config["PROPAGATE_EXCEPTIONS"] = False
            opened[kind] = (database, app, Scene.built(app))
        return opened[kind][2]

    yield build
    for database, app, _scene in opened.values():
        db.database(app).engine.dispose()
        database.__exit__(None, None, None)


class Walker:
    """One person's way through every address, once with the pages' cookie and once with a token of the API."""

    def __init__(self, scene: Scene, username: str) -> None:
        self.scene, self.username = scene, username
        self.client: FlaskClient = scene.browser(username)
        self.token = scene.token(username) if username else ""
        self.csrf = ""

    def ask(self, rule: Rule, method: str, case_id: str, query: dict[str, Any] | None = None) -> tuple[TestResponse, str]:
        """Return the answer, and all that was sent."""
        path, data, json = self.scene.addresses(rule, case_id), None, None
        headers = {}
        if path.startswith("/api/"):
            headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
            speech = getattr(self.scene.app.view_functions[rule.endpoint], "speech", None)
            if method not in SAFE and speech is not None:
                json = self.scene.json(speech.takes, case_id)
                data = {"kind": "receipt", "file": (photo(), "x.jpg")} if speech.upload else None
        elif method not in SAFE:
            data = self.scene.form(case_id) | SEARCHES.get(rule.endpoint, {}) | {"csrf_token": self.form_token(), "key": uuid4().hex}
            data |= {name: (photo(), "x.jpg") for name in ("file", "file.receipt", "attachments.receipt")}
        answer = self.client.open(path, method=method, query_string=query, data=data, json=json, headers=headers)
        if rule.endpoint in ("account.sign_out", "account.sign_in_now") and method == "POST":
            self.client, self.csrf = self.scene.browser(self.username), ""
        assert not data or answer.status_code != 400 or "页面已过期" not in said(answer), "the form token did not fit: nothing was tried"
        sent = f"{path} {query} {json} " + str({k: v for k, v in (data or {}).items() if k != "csrf_token"})
        return answer, sent

    def form_token(self) -> str:
        if not self.csrf:
            page = self.client.get("/help").text
            self.csrf = page.partition('name="csrf-token" content="')[2].partition('"')[0]
        return self.csrf


def said(answer: TestResponse) -> str:
    """The body, and where it leads; of a file or an archive what can be read of it."""
    return answer.get_data().decode(errors="replace") + " " + answer.headers.get("Location", "")


def ways(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule with every method it takes; what only reads comes last, when what changes has had its chance."""
    found = [(rule, method) for rule in app.url_map.iter_rules() for method in sorted(rule.methods or ())]
    assert len(found) > 150
    return sorted(found, key=lambda way: (way[1] in SAFE, way[0].rule, way[1]))


def declared(app: Flask, rule: Rule) -> frozenset[str]:
    words: frozenset[str] = app.view_functions[rule.endpoint].access
    return words


def cases_of(scene: Scene, rule: Rule, states: tuple[str, ...]) -> list[str]:
    """A rule about a case is asked for each of these, any other once."""
    return [scene.cases[state] for state in (states if about_a_case(rule) and "attachment_id" not in rule.arguments else states[:1])]


def queries(scene: Scene, rule: Rule, method: str, case_id: str) -> list[dict[str, Any] | None]:
    """Pages that read are also asked with everything an address may carry."""
    if method != "GET":
        return [None]
    pair = f"{case_id}:{scene.desks.row(case_id).revision}"
    return [None, {"case": case_id, "open": "bank_card", "q": "SD-539921-01-01-2026-0001", "s": pair, "trigger": "approve", "all": "1",
                   "printed": "1", "download": "1", "after": "zz", "limit": "5", "who": "陈", "return": "check", "change": "bank_card"}]


ABOUT_CASES = tuple(name for name in CASE_TABLES if name not in ("imports", "import_rows"))     # lists of members are the administrator's too
BOTH = [pytest.param("sqlite", (PAID, DRAFT, CHECK), id="sqlite"),
        pytest.param("postgresql", (CHECK,), id="postgresql", marks=pytest.mark.postgresql)]


@pytest.mark.parametrize(("kind", "states", "username"), [
    *(pytest.param("sqlite", (PAID,) if username.startswith("far_") else (PAID, DRAFT, CHECK), username, id=f"{username}-sqlite") for username in OUTSIDE),
    *(pytest.param("postgresql", (CHECK,), username, id=f"{username}-postgresql", marks=pytest.mark.postgresql) for username in OUTSIDE[1:3])])
def test_somebody_outside_learns_and_changes_nothing(built: Open, kind: str, states: tuple[str, ...], username: str) -> None:
    scene = built(kind)
    walker, words, before, heard = Walker(scene, username), scene.words(username), scene.tables(), len(scene.events())
    for rule, method in ways(scene.app):
        for case_id in cases_of(scene, rule, states):
            for query in queries(scene, rule, method, case_id):
                answer, sent = walker.ask(rule, method, case_id, query)
                at = f"{method} {rule.rule} {query or ''} as {username}: {answer.status_code}"
                assert answer.status_code < 500 or answer.status_code == 501, at
                assert leaked(said(answer), sent, frozenset({"赵敏", "孙建国"} if rule.endpoint in COLLEAGUES else ())) == [], at
                if method == "OPTIONS":
                    continue
                if not declared(scene.app, rule) & words:
                    assert answer.status_code == 403, at
                elif about_a_case(rule):
                    assert answer.status_code in (403, 404), at
                elif rule.arguments & {"account_id", "appointment_id", "absence_id", "pool_id", "figure_id", "batch_id", "item_id", "line_id", "message_id",
                                         "household_id", "person_id", "proposal_id", "import_id"}:
                    assert answer.status_code == 404, at
    assert scene.tables() == before
    mine = {event.stream for event in scene.events()[heard:]}
    assert mine & set(scene.cases.values()) == set()


@pytest.mark.parametrize(("kind", "states"), BOTH)
def test_a_stranger_and_a_disabled_account_are_sent_to_the_door(built: Open, kind: str, states: tuple[str, ...]) -> None:
    scene = built(kind)
    gone = Walker(scene, "gone")
    assert gone.client.get("/tasks").status_code == 200 and gone.ask(_rule(scene, "api.tasks"), "GET", scene.cases[CHECK])[0].status_code == 200
    scene.disable("gone")
    before = scene.tables()
    for walker in (gone, Walker(scene, STRANGER)):
        walker.username = STRANGER                   # a door that lets nobody in again
        for rule, method in ways(scene.app):
            for case_id in cases_of(scene, rule, states[:2]):
                answer, sent = walker.ask(rule, method, case_id)
                at = f"{method} {rule.rule}: {answer.status_code}"
                assert answer.status_code < 500, at
                assert leaked(said(answer), sent) == [], at
                if method == "OPTIONS" or "public" in declared(scene.app, rule):
                    continue
                if rule.rule.startswith("/api/") or method not in SAFE:
                    assert answer.status_code == 401, at
                else:
                    assert answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in?next="), at
    assert scene.tables() == before


@pytest.mark.parametrize(("kind", "states"), BOTH)
def test_an_auditor_reads_and_changes_nothing(built: Open, kind: str, states: tuple[str, ...]) -> None:
    scene, states = built(kind), (*states, FIRST, REJECTED)
    walker, words, heard = Walker(scene, "auditor"), scene.words("auditor"), len(scene.events())
    theirs = ("events", "sign_ins", "api_tokens", "throttles", "throttle", "accounts")
    tables = tuple(name for name in Base.metadata.tables if name not in theirs)
    before = scene.tables(tables, but=frozenset({"last_seq", "last_hash"}))
    accounts = scene.tables(("accounts",), but=frozenset({"settings"}))
    opened = 0
    for rule, method in ways(scene.app):
        for case_id in cases_of(scene, rule, states):
            answer, sent = walker.ask(rule, method, case_id)
            at = f"{method} {rule.rule}: {answer.status_code}"
            assert answer.status_code < 500 or answer.status_code == 501, at
            assert not about_a_case(rule) or CARD not in said(answer) or rule.endpoint.endswith(".reveal"), at
            if method == "OPTIONS" or "public" in declared(scene.app, rule):
                continue
            acts = method not in SAFE and "auditor" not in declared(scene.app, rule) and not rule.endpoint.startswith("account.")
            if acts or not declared(scene.app, rule) & words:
                assert answer.status_code == 403, at
            elif about_a_case(rule) and case_id == scene.cases[DRAFT] and "attachment_id" not in rule.arguments:
                assert answer.status_code == 404, at
            opened += answer.status_code == 200 and about_a_case(rule)
    assert opened > 8
    assert scene.tables(tables, but=frozenset({"last_seq", "last_hash"})) == before
    assert scene.tables(("accounts",), but=frozenset({"settings"})) == accounts
    left = scene.events()[heard:]
    assert left and {event.kind for event in left} <= set(OPENED)
    assert all(event.from_state == event.to_state and event.trigger is None for event in left)


@pytest.mark.parametrize(("kind", "states"), BOTH)
def test_an_administrator_looks_after_accounts_and_sees_no_case(built: Open, kind: str, states: tuple[str, ...]) -> None:
    scene = built(kind)
    tables = tuple(table for table in ABOUT_CASES if table not in ("imports", "import_rows"))      # lists of members are theirs to import and to drop
    walker, words, before = Walker(scene, "admin"), scene.words("admin"), scene.tables(tables)
    for rule, method in ways(scene.app):
        for case_id in cases_of(scene, rule, states):
            for query in queries(scene, rule, method, case_id):
                answer, sent = walker.ask(rule, method, case_id, query)
                at = f"{method} {rule.rule} {query or ''}: {answer.status_code}"
                assert answer.status_code < 500 or answer.status_code == 501, at
                # The register of people is theirs to keep, and of it the names.
                assert leaked(said(answer), sent, frozenset({NAME, "赵敏", "孙建国"} if rule.rule.startswith("/admin/") else ())) == [], at
                if method != "OPTIONS" and about_a_case(rule):
                    assert answer.status_code in (403, 404), at
                elif method != "OPTIONS" and not declared(scene.app, rule) & words:
                    assert answer.status_code == 403, at
    assert scene.tables(tables) == before


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_method_nobody_declared_is_not_served(built: Open, kind: str) -> None:
    scene = built(kind)
    client, taken = scene.browser("clerk2"), {}
    for rule in scene.app.url_map.iter_rules():
        taken.setdefault(scene.addresses(rule, scene.cases[CHECK]), set()).update(rule.methods or ())
    before = scene.tables()
    for path, methods in taken.items():
        for method in {"DELETE", "PUT", "PATCH", "POST"} - methods:
            answer = client.open(path, method=method, headers={"Authorization": f"Bearer {scene.token('clerk2')}"})
            assert answer.status_code in (400, 404, 405), f"{method} {path}: {answer.status_code}"
    assert scene.tables() == before


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_cookie_opens_no_api_and_a_token_no_page(built: Open, kind: str) -> None:
    scene = built(kind)
    browser, token = scene.browser("clerk2"), scene.token("clerk2")
    for rule, method in ways(scene.app):
        if "public" in declared(scene.app, rule) or method != "GET":
            continue
        path = scene.addresses(rule, scene.cases[CHECK])
        if path.startswith("/api/"):
            assert browser.get(path).status_code == 401, path
        else:
            assert scene.app.test_client().get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 303, path


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_a_case_of_others_in_a_batch_cannot_be_told_from_none(built: Open, kind: str) -> None:
    scene = built(kind)
    foreign, none, heard = scene.cases[CHECK], "0" * 20, len(scene.events())
    for username in ("outsider", "hospital"):
        walker, told = Walker(scene, username), []
        for case_id, revision in ((foreign, 1), (foreign, scene.desks.row(foreign).revision), (none, 1)):
            answer = walker.client.post("/api/v1/tasks/batch", headers={"Authorization": f"Bearer {walker.token}"}, json={
                "trigger": "approve", "comment": "同意", "items": [{"id": case_id, "revision": revision}]})
            told.append([{name: value for name, value in row.items() if name != "id"} for row in answer.json])
        assert told[0] == told[1] == told[2], told
    assert len(scene.events()) == heard


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_a_case_of_others_slipped_among_ones_own_is_not_shown(built: Open, kind: str) -> None:
    scene = built(kind)
    pairs = [f"{case_id}:{scene.desks.row(case_id).revision}" for case_id in (scene.far_case, scene.cases[CHECK], scene.cases[PAID])]
    page = scene.browser("outsider").get("/tasks/batch", query_string={"s": pairs, "trigger": "approve"})
    assert page.status_code == 200 and "可以办理 1 件" in page.text
    assert leaked(page.text, "") == [] and "金*" not in page.text and "二建公司" not in page.text


def _rule(scene: Scene, endpoint: str) -> Rule:
    return next(rule for rule in scene.app.url_map.iter_rules() if rule.endpoint == endpoint and "GET" in (rule.methods or ()))
