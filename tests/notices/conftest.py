"""The county with its posted programme, on both databases."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from tests.notices.wall import GRANT, Wall


@pytest.fixture
def wall(sessions: sessionmaker[Session]) -> Wall:
    wall = Wall(sessions)
    wall.publish(GRANT)
    return wall
