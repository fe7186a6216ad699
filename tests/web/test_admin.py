"""The administrator's rooms: accounts, posts, organisations, definitions, tasks nobody can do."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select

from tests.web.county import PASSWORD, both
from tests.web.desk import NOW, Desks
from web import db
from workflow.language.roles import clashes
from workflow.records import Account, Appointment, Event, Organisation, Release

ROOT_NOTE = "发布项目要由最上级单位的系统管理员办理"


def once(page):
    return re.search(r'class="once">([^<]+)<', page).group(1)


def rows(app, table):
    with app.app_context(), db.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


@both
def test_a_new_account_gets_a_password_once_and_must_change_it(app, signed_in, visitor, county):
    admin = signed_in("xianadmin")
    answer = admin.post("/admin/accounts/new", {"name": "周强", "username": "ZhouQiang", "union": str(county.organisations["unit"])})
    assert answer.status_code == 201
    secret = once(answer.text)
    newcomer = visitor()
    assert newcomer.sign_in("zhouqiang", secret).status_code == 303
    assert newcomer.get("/cases").status_code in (303, 404)
    answer = newcomer.get("/settings/password")
    assert answer.status_code == 200
    newcomer.post("/settings/password", {"old": secret, "new": PASSWORD + "!", "again": PASSWORD + "!"})
    assert newcomer.get("/settings").status_code == 200


def test_a_taken_account_name_keeps_what_was_typed(signed_in, app, county):
    before = rows(app, Account)
    answer = signed_in("xianadmin").post("/admin/accounts/new", {"name": "王力", "username": "wangli", "union": str(county.organisations["unit"])})
    assert answer.status_code == 422
    assert 'value="王力"' in answer.text and 'href="#username"' in answer.text and answer.text.count("<title>有错误") == 1
    assert rows(app, Account) == before


def test_a_reset_ends_every_session_and_gives_a_new_password(signed_in, visitor, county):
    there = signed_in("wangli")
    answer = signed_in("xianadmin").post(f"/admin/accounts/{county.accounts['wangli']}/reset")
    secret = once(answer.text)
    assert there.get("/settings").status_code == 303
    assert visitor().sign_in("wangli").status_code == 422
    browser = visitor()
    browser.sign_in("wangli", secret)
    assert browser.get("/").status_code == 303


def test_disabling_ends_sessions_and_enabling_lets_in_again(signed_in, visitor, county):
    there, admin = signed_in("wangli"), signed_in("xianadmin")
    path = f"/admin/accounts/{county.accounts['wangli']}/status"
    assert admin.post(path, {"status": "disabled"}).status_code == 303
    assert there.get("/settings").status_code == 303
    assert visitor().sign_in("wangli").status_code == 422
    admin.post(path, {"status": "active"})
    assert visitor().sign_in("wangli").status_code == 303


def test_an_appointment_opens_rooms_today_and_its_end_closes_them_tomorrow(signed_in, county, clock, app):
    admin = signed_in("xianadmin")
    account = county.accounts["13800138000"]
    answer = admin.post(f"/admin/accounts/{account}/appoint",
                        {"role": "grassroots", "organisation": str(county.organisations["unit"]), "starts_on": "2026-11-20"})
    assert answer.status_code == 303
    assert signed_in("13800138000").get("/").location == "/tasks"
    with app.app_context(), db.reading() as session:
        appointment = session.scalars(select(Appointment).where(Appointment.person_id == county.people["13800138000"])).one().id
    admin.post(f"/admin/appointments/{appointment}/end")
    clock.move(days=1)
    assert signed_in("13800138000").get("/").location == "/programmes"


def test_roles_that_exclude_each_other_are_refused_in_a_sentence(signed_in, county, app):
    before = rows(app, Appointment)
    answer = signed_in("admin").post(f"/admin/accounts/{county.accounts['wangli']}/appoint",
                                     {"role": "auditor", "organisation": str(county.organisations["county"])})
    assert answer.status_code == 422
    assert clashes(["auditor", "county_handler"])[0].why.zh in answer.text
    assert rows(app, Appointment) == before


def test_nobody_appoints_resets_or_disables_themselves(signed_in, county, app):
    admin, own = signed_in("xianadmin"), county.accounts["xianadmin"]
    before = rows(app, Appointment)
    for path, data in (("appoint", {"role": "county_leader", "organisation": str(county.organisations["county"])}), ("reset", {}),
                       ("status", {"status": "disabled"})):
        assert admin.post(f"/admin/accounts/{own}/{path}", data).status_code == 403
    assert rows(app, Appointment) == before
    assert admin.get("/settings").status_code == 200


def test_an_administrator_sees_and_touches_only_what_lies_below(signed_in, county):
    admin = signed_in("xianadmin")
    page = admin.get("/admin/accounts").text
    assert "王莉" in page and "何山" not in page
    assert "青山县总工会" not in admin.get("/admin/organisations").text
    elsewhere = county.accounts["qingshan"]
    assert admin.get(f"/admin/accounts/{elsewhere}").status_code == 404
    assert admin.post(f"/admin/accounts/{elsewhere}/reset").status_code == 404
    mine = county.accounts["wangli"]
    assert admin.post(f"/admin/accounts/{mine}/appoint", {"role": "finance", "organisation": str(county.organisations["other"])}).status_code == 404
    assert admin.post("/admin/organisations", {"parent": str(county.organisations["other"]), "code": "1", "name": "x", "level": "unit"}).status_code == 404


def test_a_unit_is_added_below_its_parent(signed_in, county, app):
    admin = signed_in("xianadmin")
    data = {"parent": str(county.organisations["township"]), "code": "530101003", "name": "纺织厂工会", "level": "unit"}
    assert admin.post("/admin/organisations", data).status_code == 303
    with app.app_context(), db.reading() as session:
        made = session.scalars(select(Organisation).where(Organisation.code == "530101003")).one()
        assert made.path.startswith(session.get(Organisation, county.organisations["township"]).path)
    assert "纺织厂工会" in admin.get("/admin/organisations").text
    again = admin.post("/admin/organisations", data)
    assert again.status_code == 422 and 'value="纺织厂工会"' in again.text


def test_every_change_of_an_account_is_in_the_history(signed_in, county, app):
    before = rows(app, Event)
    admin = signed_in("xianadmin")
    admin.post(f"/admin/accounts/{county.accounts['wangli']}/status", {"status": "disabled"})
    admin.post(f"/admin/accounts/{county.accounts['zhaomin']}/reset")
    assert rows(app, Event) == before + 2


# --- definitions -----------------------------------------------------------------------------------------


@pytest.fixture
def yaml(app):
    """The text of the first programme that comes with the product."""
    path = next(path for path in sorted(app.config["DEFINITIONS"].glob("*.v1.yaml")) if not path.name.endswith(".cases.yaml"))
    return path.name, path.read_text(encoding="utf-8")


def test_a_good_file_is_shown_as_steps_and_then_released(signed_in, app, yaml):
    name, text = yaml
    admin = signed_in("admin")
    page = admin.post("/admin/definitions/check", {"file": (io.BytesIO(text.encode()), name)})
    assert page.status_code == 200
    assert "没有错误，可以发布" in page.text and 'class="flow cards"' in page.text and "<circle" in page.text
    assert rows(app, Release) == 0
    done = admin.post("/admin/definitions/publish", {"name": name, "text": text.replace("\n", "\r\n")})
    assert done.status_code == 303
    assert rows(app, Release) == 1
    page = admin.get(done.location)
    assert "stateDiagram-v2" in page.text and "这是第一版" in page.text


def test_faults_stand_with_their_line_and_a_caret(signed_in, app, yaml):
    name, text = yaml
    page = signed_in("admin").post("/admin/definitions/check", {"name": name, "text": text + "\nnonsense_word: 1\n"})
    line = text.count("\n") + 2
    assert page.status_code == 422
    assert f"第 {line} 行第 1 列" in page.text and "nonsense_word: 1\n<b" in page.text
    assert signed_in("admin").post("/admin/definitions/publish", {"name": name, "text": text + "\nnonsense_word: 1\n"}).status_code == 422
    assert rows(app, Release) == 0


def test_a_released_version_cannot_change_and_the_next_one_shows_what_would(signed_in, app, yaml):
    name, text = yaml
    admin = signed_in("admin")
    admin.post("/admin/definitions/publish", {"name": name, "text": text})
    title = re.search(r"^title:.*$", text, re.M).group(0)
    changed = text.replace(title, "title: 换了名字")
    refused = admin.post("/admin/definitions/publish", {"name": name, "text": changed})
    assert refused.status_code == 422 and "已经发布" in refused.text
    page = admin.post("/admin/definitions/check", {"name": name, "text": changed.replace("version: 1", "version: 2", 1)})
    assert "发布后的变化" in page.text and "换了名字" in page.text
    assert rows(app, Release) == 1


def test_a_county_administrator_looks_and_does_not_release(signed_in, app, yaml):
    name, text = yaml
    admin = signed_in("xianadmin")
    assert admin.post("/admin/definitions/check", {"name": name, "text": text}).status_code == 200
    answer = admin.post("/admin/definitions/publish", {"name": name, "text": text})
    assert answer.status_code == 403 and ROOT_NOTE in answer.text
    assert rows(app, Release) == 0


@pytest.mark.parametrize("raw", ["医疗".encode("gbk"), b"a: " + b"x" * (257 * 1024), b"\x00\x01", b""])
def test_what_is_no_definition_is_refused_in_a_sentence(signed_in, raw):
    answer = signed_in("admin").post("/admin/definitions/check", {"file": (io.BytesIO(raw), "x.yaml")})
    assert answer.status_code == 422 and 'role="alert"' in answer.text


def test_a_file_name_cannot_leave_its_folder(signed_in):
    for name in ("..%2F..%2Fsetup.cfg", "calendar", "nothing.yaml"):
        assert signed_in("admin").get(f"/admin/definitions/files/{name}").status_code == 404


def test_every_shipped_file_opens(signed_in, app):
    admin = signed_in("admin")
    for path in app.config["DEFINITIONS"].glob("*.v*.yaml"):
        if not path.name.endswith(".cases.yaml"):
            assert admin.get(f"/admin/definitions/files/{path.name}").status_code == 200, path.name


# --- tasks without anybody -------------------------------------------------------------------------------


def test_the_empty_page_says_so(signed_in):
    assert "每个待办都有人办" in signed_in("admin").get("/admin/unmanned").text


@both
def test_a_task_whose_only_officer_has_left_is_found(app, visitor, clock):
    clock.at = NOW
    desks = Desks(app)
    desks.filed("A-1")
    admin = visitor()
    admin.sign_in("admin")
    assert "每个待办都有人办" in admin.get("/admin/unmanned").text
    with app.app_context(), db.writing() as session:
        session.scalars(select(Account).where(Account.username == "basic")).one().status = "disabled"
    page = admin.get("/admin/unmanned").text
    assert "二建公司工会" in page and f"role=grassroots&amp;organisation={desks.orgs['539921-01-01']}" in page
    # The way from there to an appointment keeps in mind which post it is.
    page = admin.get(f"/admin/accounts?role=grassroots&organisation={desks.orgs['539921-01-01']}").text
    assert "任命为 二建公司工会 的 基层工会经办人" in page
