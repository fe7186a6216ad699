"""Robots of 钉钉, 企业微信 and 飞书, and SMS gateways: one POST of JSON each. The only import of urllib3.

All of them answer 200 to what they refuse and say so in the body: only their own word for success counts as delivered.
No redirect is followed, and no more than a little of any answer is read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from . import guard
from .letters import Letter, Undelivered

SECONDS, ANSWER = 5, 64 * 1024


@dataclass(frozen=True, slots=True)
class Hook:
    """One address that takes JSON. `secret` signs, where the robot was set up to ask for it."""

    name: str
    scheme: str
    host: str
    port: int
    path: str = field(repr=False)    # holds the robot's token
    secret: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    words: Mapping[str, str] = field(default_factory=dict)   # what an SMS gateway calls its fields, and how it says yes
    named: frozenset[str] = frozenset()

    def send(self, letter: Letter) -> None:
        body, query = BODIES[self.name](self, letter)
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": letter.key, "X-Request-Id": letter.key,
                   "User-Agent": "Bangfu", "Host": self.host if self.port in (80, 443) else f"{self.host}:{self.port}"}
        if self.user:
            headers |= urllib3.make_headers(basic_auth=f"{self.user}:{self.password}")
        status, said = self._posted(json.dumps(body, ensure_ascii=False).encode(), query, headers)
        if status >= 300:
            raise Undelivered(f"HTTP {status}" + (" 不跟随跳转 redirect not followed" if status < 400 else ""))
        yes, code = self._verdict(said)
        if not yes:
            raise Undelivered(f"HTTP {status} 对方拒收，代码 {code} refused with this code")

    def _posted(self, body: bytes, query: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        try:
            address = guard.address(self.host, self.port, self.named)
            timeout = urllib3.Timeout(connect=SECONDS, read=SECONDS)
            with self._pool(address, timeout) as pool:
                answer = pool.urlopen("POST", self.path + (("&" if "?" in self.path else "?") + query if query else ""), body=body, headers=headers,
                                      redirect=False, retries=False, assert_same_host=False, preload_content=False)
                said = answer.read(ANSWER)
                answer.close()
                return answer.status, said
        except guard.NotAllowed as error:
            raise Undelivered(str(error)) from None
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Undelivered(f"{self.host} 连接失败 no connection: {type(error).__name__}") from None

    def _pool(self, address: str, timeout: urllib3.Timeout) -> urllib3.HTTPConnectionPool:
        if self.scheme == "http":
            return urllib3.HTTPConnectionPool(address, self.port, timeout=timeout)
        # Connected by number and checked by name: certificate and SNI are the host's.
        return urllib3.HTTPSConnectionPool(address, self.port, timeout=timeout, cert_reqs="CERT_REQUIRED", server_hostname=self.host,
                                           assert_hostname=self.host)

    def _verdict(self, said: bytes) -> tuple[bool, str]:
        """Return whether the answer says yes, and the code it gave."""
        field_name, _, good = self.words.get("ok", CODES.get(self.name, "")).partition(":")
        if not field_name:
            return True, ""
        try:
            answer = json.loads(said)
        except ValueError:
            return False, "(no JSON)"
        code = answer.get(field_name) if isinstance(answer, dict) else None
        return str(code) == good, str(code)[:40]


CODES = {"dingtalk": "errcode:0", "wecom": "errcode:0", "feishu": "code:0"}


def _dingtalk(hook: Hook, letter: Letter) -> tuple[dict[str, Any], str]:
    query = ""
    if hook.secret:
        stamp = str(round(letter.at.timestamp() * 1000))
        query = urlencode({"timestamp": stamp, "sign": _signed(hook.secret.encode(), f"{stamp}\n{hook.secret}".encode())}, quote_via=quote)
    return {"msgtype": "text", "text": {"content": letter.text}}, query


def _wecom(hook: Hook, letter: Letter) -> tuple[dict[str, Any], str]:
    return {"msgtype": "text", "text": {"content": letter.text}}, ""


def _feishu(hook: Hook, letter: Letter) -> tuple[dict[str, Any], str]:
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": letter.text}}
    if hook.secret:
        stamp = str(int(letter.at.timestamp()))
        body |= {"timestamp": stamp, "sign": _signed(f"{stamp}\n{hook.secret}".encode(), b"")}
    return body, ""


def _sms(hook: Hook, letter: Letter) -> tuple[dict[str, Any], str]:
    names = {"to": "to", "text": "text", "id": "id"} | dict(hook.words)
    return {names["to"]: letter.to, names["text"]: letter.text, names["id"]: letter.key}, ""


def _signed(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.digest(key, text, hashlib.sha256)).decode()


BODIES: Mapping[str, Callable[[Hook, Letter], tuple[dict[str, Any], str]]] = {
    "dingtalk": _dingtalk, "wecom": _wecom, "feishu": _feishu, "sms": _sms}
