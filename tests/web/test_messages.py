"""Pages of messages in a house that has no way out yet: only the inbox, its days, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.web.county import Clock, Visitor
from tests.web.desk import NOW, Desks
from web import db


@pytest.fixture
def worker(app, clock: Clock) -> Visitor:
    """Somebody whose application came back a day after it was handed in, and who signs in then."""
    clock.at, desks = NOW, Desks(app)
    case_id = desks.filed("B1")
    desks.now = NOW + timedelta(days=1)
    desks.act("basic", case_id, "return_to", dest="draft", comment="请补户口簿")
    clock.at = desks.now + timedelta(minutes=5)
    visitor = Visitor(app.test_client())
    visitor.sign_in("worker")
    return visitor


def test_the_inbox_is_told_day_by_day_latest_first_and_without_what_was_typed(worker: Visitor) -> None:
    page = worker.get("/messages").text
    assert page.index("今天") < page.index("请补正材料") < page.index("2026-06-15") < page.index("申请已收到")
    assert "8000" not in page and "请补户口簿" not in page and "赵敏" not in page


def test_the_inbox_reads_english(worker: Visitor) -> None:
    worker.client.set_cookie("lang", "en")
    page = worker.get("/messages").text
    assert "2 unread" in page and "Please correct your application" in page and "Your application “Trial aid” (SD-" in page
    assert "退回" not in page and "Mark all as read" in page


def test_the_number_of_unread_messages_costs_one_small_query_a_page(app, worker: Visitor) -> None:
    asked: list[str] = []
    event.listen(db.database(app).engine, "before_cursor_execute", lambda _connection, _cursor, statement, *_: asked.append(statement))
    worker.get("/help")
    counted = [statement for statement in asked if "FROM messages" in statement]
    assert len(counted) == 1 and "LIMIT" in counted[0] and "messages.read_at IS NULL" in counted[0]
    assert not any("outbox" in statement for statement in asked)


@pytest.mark.parametrize("address", ["a@b.cn\r\nBcc: c@d.cn", "a@b.cn, c@d.cn", "a b@c.cn", "<a@b.cn>", "a@b", "@b.cn", "x" * 200 + "@b.cn"])
def test_what_is_no_single_address_is_refused_and_stays_in_the_field(worker: Visitor, address: str) -> None:
    answer = worker.post("/settings/messages", {"email": address})
    assert answer.status_code == 422 and "请填写完整的邮箱地址" in answer.text
    assert 'value=""' not in answer.text.partition('name="email"')[2].partition(">")[0]


def test_a_house_without_channels_says_so(app, worker: Visitor) -> None:
    admin = Visitor(app.test_client())
    admin.sign_in("admin")
    assert "没有配置对外渠道" in admin.get("/admin/messages").text and "没有开通邮件和短信" in worker.get("/settings/messages").text
