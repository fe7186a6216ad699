"""How many statements one decision takes: each is a round trip, so none is added without somebody noticing."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from tests.engine.conftest import FORM
from tests.world import World
from workflow import engine
from workflow.db import writing


@contextmanager
def counted(sessions: sessionmaker[Session]) -> Iterator[list[str]]:
    """Collect the first words of every statement sent inside the block, BEGIN and COMMIT left out."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            said.append(" ".join(statement.split()[:3]))

    source = sessions.kw["bind"]
    event.listen(source, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(source, "before_cursor_execute", note)


def decided(world: World, short: str, case_id: str, trigger: str, **more: object) -> list[str]:
    """Carry out one step with an idempotency key, as a page does, and return its statements."""
    actor, revision = world.actor(short), world.row(case_id).revision
    with counted(world.sessions) as said, writing(world.sessions) as session:
        engine.act(session, case_id, trigger, actor, world.now, revision=revision, idem_key=f"{case_id}-{revision}", **more)  # type: ignore[arg-type]
    return said


def test_a_decision_is_two_selects_and_five_writes(world: World) -> None:
    large = FORM | {"cost": "10400.02"}
    for bill in ("A1", "A2"):                # the first fills the caches of definitions and unions
        case_id = world.submitted("worker", "aid", large | {"bill_no": bill})
        world.act("basic", case_id, "approve", form={"opinion": "属实"})
        world.act("clerk", case_id, "approve", comment="票据齐全")
        said = decided(world, "leader", case_id, "approve")
    assert [words.split()[0] for words in said[:2]] == ["SELECT", "SELECT"]
    assert said[2:] == ["INSERT INTO events", "UPDATE cases SET", "INSERT INTO decisions", "UPDATE tasks SET", "INSERT INTO tasks"]


def test_the_last_decision_opens_no_task_and_settles_the_key(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    world.act("basic", case_id, "approve", form={"opinion": "属实"})
    world.act("clerk", case_id, "approve")
    said = decided(world, "cashier", case_id, "pay")
    assert "INSERT INTO tasks" not in said and len(said) <= 11 and said[-1].startswith("INSERT INTO messages")


def test_a_first_submission_takes_sixteen(world: World) -> None:
    world.submitted("worker", "aid", FORM)
    case_id = world.start("worker", "aid")
    said = decided(world, "worker", case_id, "submit", form=FORM | {"bill_no": "B2"})
    assert len(said) <= 16
    for once in ("SELECT policy_figures.id, policy_figures.kind,", "SELECT organisations.id, organisations.region"):      # judged and pinned by one reading
        assert said.count(once) == 1


def test_a_replayed_request_writes_nothing(world: World) -> None:
    case_id = world.submitted("worker", "aid", FORM)
    actor = world.actor("basic")
    for turn in range(2):
        with counted(world.sessions) as said, writing(world.sessions) as session:
            done = engine.act(session, case_id, "approve", actor, world.now, revision=2, form={"opinion": "属实"}, idem_key="k")
        assert done.replayed is bool(turn)
    assert len(said) == 3 and all(words.startswith("SELECT") for words in said)
