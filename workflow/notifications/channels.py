"""The ways out of the house, as the settings name them: one address a channel, white space between them.

    smtp://user:password@mail.county.gov.cn:587?from=bangfu@county.gov.cn    smtps://… with TLS from the start, smtp+plain://… without
    dingtalk+https://oapi.dingtalk.com/robot/send?access_token=…#SEC…        the address the robot shows, its secret after #
    wecom+https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…
    feishu+https://open.feishu.cn/open-apis/bot/v2/hook/…#secret
    sms+https://user:password@sms.county.gov.cn/send?account=7#to=mobile&text=content&id=requestId&ok=code:0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from .guard import ROBOTS
from .hooks import CODES, Hook
from .letters import Channel
from .mail import Mail
from .outbox import Outside
from .quiet import Hours

_MAIL = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25)}
_FIELDS = frozenset({"to", "text", "id", "ok"})


class Unreadable(ValueError):
    """An address in the settings that names no channel; says which and never repeats a secret."""


@dataclass(frozen=True, slots=True)
class Channels:
    """What the house has. `union` signs, `origin` is where to sign in."""

    by_name: Mapping[str, Channel] = field(default_factory=dict)
    quiet: Hours = Hours()
    union: str = ""
    origin: str = ""

    @property
    def outside(self) -> Outside | None:
        """What `make_sessions` has to know; None where nothing leaves the house."""
        return Outside(tuple(self.by_name), self.quiet) if self.by_name else None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.by_name)


def read(addresses: str, *, hosts: str = "", quiet: str = "21:00-08:00", union: str = "", origin: str = "") -> Channels:
    """Read the settings. `hosts` are those of the house's own network. Raises `Unreadable` with the place that is wrong."""
    named = frozenset(hosts.replace(",", " ").lower().split())
    made: dict[str, Channel] = {}
    for number, address in enumerate(addresses.split(), 1):
        channel = _channel(address, number, named)
        if channel.name in made:
            raise Unreadable(f"{number}: {channel.name} twice")
        made[channel.name] = channel
    try:
        return Channels(made, Hours.read(quiet), union, origin)
    except ValueError:
        raise Unreadable(f"quiet hours {quiet!r}, not like 21:00-08:00") from None


def _channel(address: str, number: int, named: frozenset[str]) -> Channel:
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise Unreadable(f"{number}: not an address") from None
    if not host:
        raise Unreadable(f"{number}: not an address")
    if parts.scheme in _MAIL:
        return _mail(parts, host, port, number)
    name, _, scheme = parts.scheme.partition("+")
    if name not in (*CODES, "sms") or scheme not in ("http", "https"):
        raise Unreadable(f"{number}: {parts.scheme}:// is no channel")
    if host not in named and (name == "sms" or host not in ROBOTS):
        raise Unreadable(f"{number}: {host} is not among BANGFU_WEBHOOK_HOSTS")
    if scheme == "http" and host not in named:
        raise Unreadable(f"{number}: {host} needs https")
    words = {key: values[-1] for key, values in parse_qs(parts.fragment).items()} if name == "sms" else {}
    if words.keys() - _FIELDS:
        raise Unreadable(f"{number}: after # there may be to, text, id and ok")
    return Hook(name, scheme, host, port or (443 if scheme == "https" else 80), (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                "" if name == "sms" else unquote(parts.fragment), unquote(parts.username or ""), unquote(parts.password or ""), words, named)


def _mail(parts: SplitResult, host: str, port: int | None, number: int) -> Mail:
    security, usual = _MAIL[parts.scheme]
    user = unquote(parts.username or "")
    sender = parse_qs(parts.query).get("from", [user if "@" in user else ""])[-1]
    if "@" not in sender:
        raise Unreadable(f"{number}: say who sends, ?from=name@host")
    return Mail(host, port or usual, security, sender, user, unquote(parts.password or ""))  # type: ignore[arg-type]
