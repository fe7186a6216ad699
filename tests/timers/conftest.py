"""The county with timers on its steps, on both databases."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.timers.ward import Ward


@pytest.fixture
def ward(sessions: sessionmaker[Session]) -> Ward:
    return Ward(sessions)
