"""B51: a webhook goes to hosts that were named, and never into the house's own network by a trick of names or notations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.messages.post_office import WebServer
from workflow.notifications import channels, guard
from workflow.notifications.channels import Unreadable

FORMS = ("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]",
         "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.8", "172.16.5.4", "192.168.1.1", "169.254.169.254", "[fe80::1]", "[fd00::1]",
         "100.64.0.1", "224.0.0.1", "oapi.dingtalk.com.evil.example", "oapi.dingtalk.com@127.0.0.1", "evil.example", "metadata.google.internal", "127。0。0。1")


@pytest.mark.parametrize("host", FORMS)
def test_an_address_that_was_not_named_is_no_channel(host: str) -> None:
    for scheme in ("dingtalk", "wecom", "feishu", "sms"):
        with pytest.raises(Unreadable):
            channels.read(f"{scheme}+https://{host}/robot/send?access_token=secret")


@pytest.mark.parametrize("answer", [
    "127.0.0.1", "10.1.2.3", "192.168.0.9", "172.31.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0",
    "fd00::5", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:0:0:0:0:0:f5ff:fffe"])
def test_a_robots_own_name_that_leads_inside_is_refused(answer: str) -> None:
    with pytest.raises(guard.NotAllowed):
        guard.address("oapi.dingtalk.com", 443, frozenset(), resolved("47.74.1.1", answer))
    assert guard.address("oapi.dingtalk.com", 443, frozenset(), resolved("47.74.1.1")) == "47.74.1.1"


def test_a_named_host_may_be_inside_but_never_where_clouds_keep_their_secrets() -> None:
    named = frozenset({"sms.intranet"})
    assert guard.address("sms.intranet", 80, named, resolved("10.0.0.8")) == "10.0.0.8"
    assert guard.address("sms.intranet", 80, named, resolved("127.0.0.1")) == "127.0.0.1"
    for bad in ("169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254"):
        with pytest.raises(guard.NotAllowed):
            guard.address("sms.intranet", 80, named, resolved(bad))


def test_the_name_is_asked_once_and_the_answer_is_what_is_connected_to(site: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: a second answer would lead elsewhere, and nobody asks for it."""
    asked: list[str] = []

    def answers(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return resolved("127.0.0.1" if len(asked) == 1 else "10.255.255.1")(host, port)
    real = guard.address
    monkeypatch.setattr(guard, "address", lambda host, port, named: real(host, port, named, answers))
    ways = channels.read(f"wecom+http://robot.intranet:{site.port}/send?key=k", hosts="robot.intranet")
    ways.by_name["wecom"].send(_letter())
    assert asked == ["robot.intranet"] and site.requests[0][1]["Host"] == f"robot.intranet:{site.port}"


@pytest.mark.parametrize(("text", "why"), [
    ("dingtalk+http://oapi.dingtalk.com/robot/send?access_token=secret", "https"), ("smtp://mail.example", "who sends"), ("gopher://x.example/secret", "no channel"),
    ("sms+https://sms.example/secret", "BANGFU_WEBHOOK_HOSTS"), ("nonsense", "not an address"), ("smtps://h?from=a@b smtp://h?from=a@b", "twice"),
    ("https://user:secret@oapi.dingtalk.com/", "no channel")])
def test_a_setting_that_is_wrong_is_said_without_its_secret(text: str, why: str) -> None:
    with pytest.raises(Unreadable) as fault:
        channels.read(text)
    assert why in str(fault.value) and "secret" not in str(fault.value)


def test_secrets_are_not_shown_with_the_object() -> None:
    ways = channels.read("dingtalk+https://oapi.dingtalk.com/robot/send?access_token=topsecret#SECtop smtps://u:topsecret@h.example?from=a@b.example")
    assert "topsecret" not in repr(ways) and "SECtop" not in repr(ways)
    assert ways.names == ("dingtalk", "email") and ways.by_name["dingtalk"].secret == "SECtop"  # type: ignore[attr-defined]


def test_the_feishu_signature_is_the_documented_one() -> None:
    """HMAC-SHA256 of nothing, under timestamp, line feed and secret."""
    from workflow.notifications.hooks import BODIES
    hook = channels.read("feishu+https://open.feishu.cn/open-apis/bot/v2/hook/t#demo").by_name["feishu"]
    body, _ = BODIES["feishu"](hook, _letter())  # type: ignore[arg-type]
    assert (body["timestamp"], body["sign"]) == ("1599360473", _feishu("1599360473", "demo"))


def resolved(*addresses: str) -> Any:
    return lambda host, port, **_: [(None, None, None, "", (address, port)) for address in addresses]


def _feishu(stamp: str, secret: str) -> str:
    import base64
    import hashlib
    import hmac
    return base64.b64encode(hmac.new(f"{stamp}\n{secret}".encode(), digestmod=hashlib.sha256).digest()).decode()


def _letter() -> Any:
    from datetime import UTC, datetime

    from workflow.notifications.letters import Letter
    return Letter("m1.x", "", "", "x", datetime.fromtimestamp(1599360473, UTC))
