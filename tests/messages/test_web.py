"""The inbox, the settings, and the administrator's page of what leaves the house."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.messages.post_office import MailServer
from tests.web.county import Clock, Visitor, both
from tests.web.desk import NOW, Desks
from web import create_app, db
from web.cli.timers import jobs
from web.settings import Unset
from workflow import people
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Account, Message, Outbox, Person


@pytest.fixture
def database(request: pytest.FixtureRequest, new_database: Callable[[str], object]) -> Iterator[str]:
    with new_database(getattr(request, "param", "sqlite")) as url:  # type: ignore[attr-defined]
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def app(database: str, tmp_path: Path, clock: Clock, mail: MailServer) -> Iterator[Flask]:
    app = create_app({
        "TESTING": True, "DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "CLOCK": clock, "UPLOADS": str(tmp_path / "uploads"),
        "UNION": "云岭县总工会", "CHANNELS": f"smtp+plain://127.0.0.1:{mail.port}?from=bf@county.example"})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    db.database(app).engine.dispose()


@pytest.fixture
def desks(app: Flask) -> Desks:
    found = Desks(app)
    with writing(found.sessions) as session:
        people.set_email(session, found.ids["worker"], "w@mail.example", COMMAND, NOW)
    return found


def entered(app: Flask, who: str) -> Visitor:
    visitor = Visitor(app.test_client())
    visitor.sign_in(who)
    return visitor


def returned(desks: Desks) -> str:
    desks.now = NOW - timedelta(minutes=10)
    case_id = desks.filed("A1")
    desks.act("basic", case_id, "return_to", dest="draft", comment="请补发票")
    return case_id


def of(desks: Desks, who: str) -> list[Message]:
    with reading(desks.sessions) as session:
        return list(session.scalars(select(Message).where(Message.person_id == desks.ids[who]).order_by(Message.seq)))


@both
def test_the_inbox_counts_opens_and_leads_to_the_case(app: Flask, desks: Desks) -> None:
    case_id = returned(desks)
    number = desks.row(case_id).number
    worker = entered(app, "worker")
    page = worker.get("/messages").text
    assert "2 条未读" in page and "请补正材料" in page and f"您的申请“试点救助”（{number}）" in page and "今天" in page
    assert '消息 <span class="count">2' in worker.get("/programmes").text
    opened = worker.post(f"/messages/{of(desks, 'worker')[1].id}/open")
    assert opened.status_code == 303 and opened.headers["Location"] == f"/cases/{case_id}"
    assert "1 条未读" in worker.get("/messages").text
    worker.get("/messages")
    assert [row.read_at is None for row in of(desks, "worker")] == [True, False]     # looking at a list reads nothing
    assert worker.post("/messages/read").status_code == 303
    page = worker.get("/messages").text
    assert "没有未读消息" in page and 'action="/messages/read"' not in page and '<span class="count">' not in page


def test_nobody_opens_a_message_of_somebody_else(app: Flask, desks: Desks) -> None:
    returned(desks)
    message = of(desks, "worker")[0]
    for who in ("clerk", "nurse", "auditor", "admin"):
        assert entered(app, who).post(f"/messages/{message.id}/open").status_code == 404
        assert "请补正材料" not in entered(app, who).get("/messages").text
    assert of(desks, "worker")[0].read_at is None


def test_a_message_stays_when_its_case_can_no_longer_be_seen(app: Flask, desks: Desks) -> None:
    from workflow import notifications
    case_id = returned(desks)
    with writing(desks.sessions) as session:
        notifications.tell(session, [desks.ids["outsider"]], "cc", desks.now, stream=case_id, seq=50, case_id=case_id, params={"number": "SD-1", "state": "first"})
    outsider = entered(app, "outsider")
    page = outsider.get("/messages").text
    assert "“试点救助”（SD-1）抄送给您阅知（“初审”环节）" in page and "查看" not in page.partition("抄送给您阅知")[2].partition("</li>")[0]
    assert outsider.post(f"/messages/{of(desks, 'outsider')[0].id}/open").headers["Location"] == "/messages"


def test_people_choose_their_address_and_channels(app: Flask, desks: Desks) -> None:
    clerk = entered(app, "clerk")
    page = clerk.get("/settings/messages").text
    assert "电子邮件" in page and "短信" not in page.partition("<fieldset")[2] and "每日汇总" in page and "21:00 到次日 08:00" in page
    wrong = clerk.post("/settings/messages", {"email": "nobody", "channels": "email"})
    assert wrong.status_code == 422 and "请填写完整的邮箱地址" in wrong.text
    assert clerk.post("/settings/messages", {"email": "wangli@mail.example"}).status_code == 303
    assert 'value="wangli@mail.example"' in clerk.get("/settings/messages").text
    with reading(desks.sessions) as session:
        account = session.scalars(select(Account).where(Account.username == "clerk")).one()
        assert (account.settings["silent"], account.settings["digest"]) == (["email"], False)
        assert b"wangli" not in session.get_one(Person, desks.ids["clerk"]).email_sealed
    worker = entered(app, "worker")
    assert "每日汇总" not in worker.get("/settings/messages").text
    assert worker.post("/settings/messages", {"email": "", "channels": "email"}).status_code == 303
    with reading(desks.sessions) as session:
        assert session.get_one(Person, desks.ids["worker"]).email_sealed is None


def test_the_administrator_sees_what_did_not_arrive_and_sends_it_again(app: Flask, desks: Desks, clock: Clock, mail: MailServer) -> None:
    returned(desks)
    with writing(desks.sessions) as session:
        session.execute(update(Outbox).values(status="dead", error="SMTP 550 收件地址被拒 receiver refused"))
    message = of(desks, "worker")[0]
    admin = entered(app, "admin")
    page = admin.get("/admin/messages").text
    assert "SMTP 550" in page and "李*华" in page and "李文华" not in page and "8000" not in page
    assert admin.post(f"/admin/messages/{message.id}/email/resend").status_code == 303
    assert admin.post(f"/admin/messages/{message.id}/email/resend").status_code == 409
    assert admin.post(f"/admin/messages/{message.id}/sms/resend").status_code == 404
    with writing(desks.sessions) as session:
        people.appoint(session, desks.ids["far_worker"], "admin", desks.orgs["539922"], date(2020, 1, 1), None, actor=COMMAND, now=NOW)
    far = entered(app, "far_worker")
    assert "李*华" not in far.get("/admin/messages").text and far.post(f"/admin/messages/{message.id}/email/resend").status_code == 404
    assert entered(app, "clerk").get("/admin/messages").status_code == 403
    with app.app_context():
        next(job for job in jobs() if job.name == "messages").do(clock.at + timedelta(minutes=5))
    assert [str(m["To"]) for m in mail.received] == ["w@mail.example"]


def test_the_trace_of_a_case_says_what_was_sent_for_it(app: Flask, desks: Desks, clock: Clock) -> None:
    case_id = returned(desks)
    with app.app_context():
        for job in jobs():
            job.do(clock.at + timedelta(minutes=5))
    page = entered(app, "auditor").get(f"/audit/cases/{case_id}").text.partition('id="sent"')[2].partition("</section>")[0]
    assert "4 条" in page and page.count("李*华") == 4 and page.count("站内") == 2 and page.count("已发出") == 2
    assert "申请已收到" in page and "请补正材料" in page and "李文华" not in page and "w@mail" not in page


def test_a_wrong_setting_stops_the_start_with_a_sentence_and_no_secret(tmp_path: Path) -> None:
    with pytest.raises(Unset) as said:
        create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}", "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "UPLOADS": str(tmp_path),
                    "CHANNELS": "sms+https://gateway.example/send?token=topsecret"})
    assert "没有启动" in str(said.value) and "gateway.example" in str(said.value) and "topsecret" not in str(said.value)


def test_commands_send_list_and_try_a_channel(app: Flask, desks: Desks, mail: MailServer) -> None:
    returned(desks)
    run = app.test_cli_runner().invoke
    listed = run(args=["messages", "list"])
    assert "等待 waiting" in listed.output and "申请已收到" in listed.output and "李" not in listed.output
    sent = run(args=["messages", "send"])
    assert sent.exit_code == 0 and "发出 2 条" in sent.output, sent.output
    with writing(desks.sessions) as session:
        session.execute(update(Outbox).values(status="dead"))
    assert run(args=["messages", "list", "--dead"]).output.count("未送达 given up") == 2
    tried = run(args=["messages", "test", "email", "me@mail.example"])
    assert tried.exit_code == 0 and mail.received[-1]["To"] == "me@mail.example"
    assert run(args=["messages", "test", "email"]).exit_code == 1
    unknown = run(args=["messages", "test", "feishu"])
    assert unknown.exit_code == 1 and "email" in unknown.stderr
    mail.answers = ["550 no"]
    assert "SMTP 550" in run(args=["messages", "test", "email", "me@mail.example"]).stderr
