"""What leaves the house arrives, in order, with one key however often it is sent. The servers are real and on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.messages.house import MAIL, PHONE, House
from tests.messages.post_office import MailServer, WebServer, free_port, mail_server, web_server
from workflow import db, notifications, people
from workflow.actors import COMMAND
from workflow.errors import Impossible
from workflow.notifications import channels, outbox
from workflow.notifications.sending import Sent, send_due
from workflow.records import Message, Outbox, Person

ROOT = Path(__file__).resolve().parents[2]


def test_a_receipt_goes_out_by_mail_and_sms_with_its_key_and_nothing_personal(house: House, mail: MailServer, site: WebServer) -> None:
    case_id = house.reviewed()
    assert mail.received == [] and {row.channel for row in house.outbox()} == {"email", "sms"}
    assert house.send() == Sent(sent=2)
    message, (path, headers, body) = mail.received[0], site.requests[0]
    sent = house.messages("worker")[0]
    number = house.row(case_id).number
    assert mail.envelopes == [MAIL["worker"]] and message["Message-ID"] == f"<{sent.id}.email@county.example>"
    assert str(make_header(decode_header(message["Subject"]))) == "【云岭县总工会】申请已收到"
    text = message.get_payload(decode=True).decode()
    assert f"您的申请“限时救助”（{number}）已收到" in text and "https://bf.example" in text
    assert path == "/sms" and headers["Idempotency-Key"] == body["id"] == f"{sent.id}.sms" and body["to"] == PHONE
    assert body["text"].startswith("【云岭县总工会】您的申请") and body["text"].endswith(f"（{sent.id}.sms）")
    for secret in ("李文华", "6000", "6228480010000000017", PHONE):
        assert secret not in text + body["text"]
    assert house.send(minutes=5) == Sent() and house.statuses("email") == house.statuses("sms") == ["sent"]


def test_a_house_without_channels_writes_nothing_to_send(house: House) -> None:
    silent = db.make_sessions(house.sessions.kw["bind"], house.sessions.kw["info"]["vault"])
    with db.writing(silent) as session:
        notifications.tell(session, [house.ids["worker"]], "remind", house.now, stream="x", seq=1)
    assert house.outbox() == [] and house.kinds("worker") == ["remind"]


def test_a_receiver_that_is_away_for_an_hour_gets_everything_once_and_in_order(house: House) -> None:
    port = free_port()
    house.ways = channels.read(f"smtp+plain://127.0.0.1:{port}?from=b@county.example", hosts="127.0.0.1")
    case_id = house.reviewed()
    house.act("clerk", case_id, "return_to", dest="draft")
    house.later(seconds=1)
    house.act("worker", case_id, "submit")
    house.act("clerk", case_id, "reject")
    for _ in range(12):
        assert not house.send(minutes=5).sent
    assert [row.attempts > 3 for row in house.outbox("email")] == [True, False, False]     # the later ones wait for the first
    assert all(row.error == "127.0.0.1 连接失败 no connection: ConnectionRefusedError" for row in house.outbox("email") if row.attempts)
    with mail_server(port) as mail:
        for _ in range(4):
            house.send(minutes=61)
        assert [str(make_header(decode_header(m["Subject"])))[-5:] for m in mail.received] == ["申请已收到", "请补正材料", "申请已办结"]
        assert len(set(mail.ids())) == 3


@pytest.mark.parametrize("answer", [(500, "out of order"), (200, '{"errcode": 310000, "errmsg": "sign not match"}'), (200, "<html>"), (302, "http://127.0.0.1/x")])
def test_only_the_robots_own_word_counts_as_delivered(house: House, site: WebServer, answer: tuple[int, str]) -> None:
    """All of them say 200 to what they refuse; a library that looks at the status alone loses the message."""
    said(house, "dingtalk")
    site.answers.append(answer)
    assert house.send() == Sent(failed=1)
    assert house.send(seconds=30) == Sent() and len(site.requests) == 1
    assert house.send(seconds=31) == Sent(sent=1)
    assert len(set(site.keys())) == 1 and len(site.requests) == 2
    path, _headers, body = site.requests[1]
    assert path.startswith("/robot/send?access_token=t&timestamp=") and "&sign=" in path
    assert body["msgtype"] == "text" and "县医院工会待办3件，今天到期1件，逾期1件" in body["text"]["content"]


def test_a_sender_that_dies_after_sending_leads_to_one_duplicate_with_the_same_id(house: House, mail: MailServer) -> None:
    house.reviewed()
    house.ways = channels.read(f"smtp+plain://127.0.0.1:{mail.port}?from=b@county.example")
    with db.writing(house.sessions) as session:
        taken = outbox.take(session, house.now, ("email",))
    assert taken is not None
    house.ways.by_name["email"].send(channels_letter(house, taken))      # and there the process ends, before it marks anything
    assert house.send(seconds=30) == Sent()                              # leased: nobody else sends it meanwhile
    assert house.send(seconds=31) == Sent(sent=1)
    assert mail.ids() == [f"<{taken.key}@county.example>"] * 2
    assert house.send(hours=1) == Sent() and house.statuses("email") == ["sent"]


def test_a_server_that_takes_a_mail_and_dies_before_it_says_so_gets_it_again(house: House, mail: MailServer) -> None:
    house.reviewed()
    house.ways = channels.read(f"smtp+plain://127.0.0.1:{mail.port}?from=b@county.example")
    mail.silent_after_data = True
    assert house.send() == Sent(failed=1)
    mail.silent_after_data = False
    assert house.send(minutes=2) == Sent(sent=1)
    assert len(mail.received) == 2 and len(set(mail.ids())) == 1


def test_a_killed_sender_loses_nothing(house: House, mail: MailServer, tmp_path: Path) -> None:
    """kill -9 in the middle of many: each arrives, a duplicate only where it was just being sent, and with its own id."""
    with db.writing(house.sessions) as session:
        for seq in range(30):
            notifications.tell(session, [house.ids["worker"]], "remind", house.now, stream=f"s{seq}", seq=1)
    url = house.sessions.kw["bind"].url.render_as_string(hide_password=False)
    house.ways = channels.read(f"smtp+plain://127.0.0.1:{mail.port}?from=b@county.example")
    child = subprocess.Popen([sys.executable, "-c", CHILD, url, str(mail.port), house.now.isoformat()], cwd=ROOT)
    try:
        while len(mail.received) < 8 and child.poll() is None:
            pass
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.wait()
    house.send(seconds=61)
    assert house.statuses("email") == ["sent"] * 30
    assert len(set(mail.ids())) == 30 and len(mail.ids()) <= 31


CHILD = """
import sys; from datetime import datetime
from workflow import db; from workflow.notifications import channels; from workflow.notifications.sending import send_due; from workflow.privacy import Vault
url, port, now = sys.argv[1:]
send_due(db.make_sessions(db.make_engine(url), Vault(b"k" * 32)), datetime.fromisoformat(now), channels.read(f"smtp+plain://127.0.0.1:{port}?from=b@county.example"))
"""


def test_four_senders_at_once_send_each_message_once(house: House, mail: MailServer) -> None:
    with db.writing(house.sessions) as session:
        for seq in range(20):
            notifications.tell(session, [house.ids["worker"], house.ids["clerk"]], "remind", house.now, stream=f"s{seq}", seq=1)
    ways = channels.read(f"smtp+plain://127.0.0.1:{mail.port}?from=b@county.example")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: send_due(house.sessions, house.now, ways), range(4)))
    house.ways = ways
    house.send(seconds=1)                    # who found every row in other hands has gone home
    assert house.statuses("email") == ["sent"] * 40 and len(mail.ids()) == len(set(mail.ids())) == 40


def test_what_never_arrives_is_given_up_told_to_the_administrators_and_sent_again_by_hand(house: House) -> None:
    house.ways = channels.read(f"smtp+plain://127.0.0.1:{free_port()}?from=b@county.example", quiet="off")
    case_id = house.reviewed()
    waits = []
    for _ in range(40):
        row = house.outbox("email")[0]
        if row.status == "dead":
            break
        waits.append(row.due_at - house.now)
        house.now = max(house.now, row.due_at)
        house.send()
    assert waits[1:] == list(outbox.WAITS) and max(waits) == timedelta(hours=6)
    assert house.kinds("admin") == ["undelivered"] and house.row(case_id).state == "review"
    message = house.messages("worker")[0]
    with mail_server() as mail:
        house.ways = channels.read(f"smtp+plain://127.0.0.1:{mail.port}?from=b@county.example", quiet="off")
        assert house.send(hours=9) == Sent()
        with db.writing(house.sessions) as session:
            outbox.resend(session, message.id, "email", COMMAND, house.now)
        assert house.send() == Sent(sent=1) and mail.ids() == [f"<{message.id}.email@county.example>"]
    with db.writing(house.sessions) as session, pytest.raises(Impossible):
        outbox.resend(session, message.id, "email", COMMAND, house.now)
    assert [event.kind for event in house.events("system")] == ["resend"]


def test_a_mailbox_that_does_not_exist_is_given_up_at_once_and_holds_nobody_else(house: House, mail: MailServer) -> None:
    case_id = house.reviewed()
    house.later(seconds=1)                   # the receipt goes first
    with db.writing(house.sessions) as session:
        notifications.tell(session, [house.ids["clerk"]], "urge", house.now, stream=case_id, seq=9, case_id=case_id)
    mail.answers = ["550 no such user wenhua@mail.example"]
    assert house.send() == Sent(sent=2, dead=1)
    dead = next(row for row in house.outbox("email") if row.status == "dead")
    assert dead.error == "SMTP 550 收件地址被拒 receiver refused" and mail.envelopes == [MAIL["clerk"]]


def test_a_busy_mailbox_is_tried_again(house: House, mail: MailServer) -> None:
    house.reviewed()
    mail.answers = ["451 greylisted"]
    assert house.send().failed == 1 and house.send(seconds=61).sent == 1 and len(mail.received) == 1


def test_without_an_address_or_where_it_was_switched_off_nothing_is_sent(house: House, mail: MailServer) -> None:
    house.reviewed()
    with db.writing(house.sessions) as session:
        people.choose(session, house.accounts["worker"], ["sms"], True)
        people.set_email(session, house.ids["worker"], "", COMMAND, house.now)
    assert house.send() == Sent(skipped=2)
    assert sorted(str(row.error) for row in house.outbox()) == ["本人已关闭 switched off", "没有地址 no address"] and mail.received == []
    house.reviewed()
    assert len(house.outbox()) == 2          # from then on nothing is queued for them either


def test_at_night_nothing_leaves_the_house_and_the_inbox_fills(house: House, mail: MailServer) -> None:
    house.later(hours=12)                    # 22:00
    house.reviewed()
    assert house.kinds("worker") == ["submitted"]
    assert {row.due_at for row in house.outbox()} == {house.now + timedelta(hours=10)}
    assert house.send() == Sent() and house.send(hours=9) == Sent() and mail.received == []
    assert house.send(hours=1) == Sent(sent=2)                           # 08:00


def test_whoever_reads_english_is_written_to_in_english(house: House, mail: MailServer) -> None:
    with db.writing(house.sessions) as session:
        account = session.get_one(people.accounts.Account, house.accounts["worker"])
        account.settings = {"lang": "en"}
    house.reviewed()
    house.send()
    assert "We have received your application “Watched aid” (XS-2026-0001)" in mail.received[0].get_payload(decode=True).decode()


def test_an_address_that_was_swapped_in_the_database_does_not_open(house: House, mail: MailServer) -> None:
    house.reviewed()
    with db.writing(house.sessions) as session:
        stolen = session.scalars(select(Person.email_sealed).where(Person.id == house.ids["clerk"])).one()
        session.get_one(Person, house.ids["worker"]).email_sealed = stolen
    assert house.send() == Sent(sent=1, skipped=1) and mail.received == []


def test_a_second_sms_gateway_says_yes_in_words_of_its_own(house: House) -> None:
    with web_server() as gateway:
        gateway.yes = '{"result": "OK"}'
        house.ways = channels.read(f"sms+http://u:p@127.0.0.1:{gateway.port}/v1?account=7#to=mobile&text=content&id=seqno&ok=result:OK", hosts="127.0.0.1")
        house.reviewed()
        assert house.send() == Sent(sent=1)
        path, headers, body = gateway.requests[0]
    assert path == "/v1?account=7" and body["mobile"] == PHONE and body["seqno"].endswith(".sms") and headers["authorization"] == "Basic dTpw"


def said(house: House, channel: str) -> None:
    """Let the robot have something to say."""
    with db.writing(house.sessions) as session:
        session.add(Message(id="offices-2026-06-15", person_id=None, kind="offices", stream="digest:2026-06-15", seq=0, case_id=None,
                            params={"count": 3, "due": 1, "late": 1, "lines": [["县医院工会", 3, 1, 1]]}, created_at=house.now))
        session.flush()
        session.add(Outbox(message_id="offices-2026-06-15", channel=channel, status="due", due_at=house.now, attempts=0))


def channels_letter(house: House, taken: outbox.Taken) -> object:
    from workflow.notifications.letters import Letter
    return Letter(taken.key, MAIL["worker"], "x", "x", house.now)
