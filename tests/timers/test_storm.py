"""A small storm: processes killed while they fire, and each timer fired once. The large one is in `tests/slow`."""

from tests.timers import storming
from workflow.db import make_engine, make_sessions
from workflow.privacy import Vault


def test_processes_killed_while_they_fire_lose_and_double_nothing(database: str) -> None:
    storming.due(database, 200)
    killed, _ = storming.storm(database, workers=3, kills=2, few=20)
    assert killed == 2
    assert storming.once(make_sessions(make_engine(database), Vault(b"k" * 32))) == 200
