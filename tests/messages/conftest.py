"""The county with ways out of the house, which lead to servers on this machine; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.messages.house import House
from tests.messages.post_office import MailServer, WebServer, mail_server, web_server
from workflow.attachments import Store
from workflow.db import make_sessions
from workflow.notifications import channels
from workflow.privacy import Vault


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def site() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def house(engine: Engine, tmp_path: Path, mail: MailServer, site: WebServer) -> House:
    """Mail, SMS and one robot. It is Monday, 10:00."""
    ways = channels.read(
        f"smtp+plain://127.0.0.1:{mail.port}?from=bangfu@county.example sms+http://127.0.0.1:{site.port}/sms#ok=code:0 "
        f"dingtalk+http://127.0.0.1:{site.port}/robot/send?access_token=t#SEC1", hosts="127.0.0.1", union="云岭县总工会", origin="https://bf.example")
    vault = Vault(b"k" * 32)
    return House(make_sessions(engine, vault, Store(tmp_path / "uploads", vault), ways.outside), ways)
