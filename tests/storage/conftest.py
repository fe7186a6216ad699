"""A vault for these sessions, and the few rows that others must point at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from workflow.db import make_sessions
from workflow.privacy import Vault

NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)      # Friday 09:30 in Shanghai


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_sessions(engine, Vault(b"k" * 32))
