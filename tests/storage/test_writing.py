"""One writer at a time, readers that cannot write, and locks that do not come in time."""

from __future__ import annotations

import os
import threading
import time
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from workflow import db
from workflow.errors import Busy
from workflow.locks import WriterLock
from workflow.records import Counter, Organisation

only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)],
                                          indirect=True)


@pytest.fixture
def counter(sessions: sessionmaker[Session]) -> None:
    with db.writing(sessions) as session:
        session.add(Organisation(id=1, code="A", name="县总工会", level="county", path="/1/"))
        session.flush()
        session.add(Counter(organisation_id=1, definition_key="x", year=2026, last=0))


def last(sessions: sessionmaker[Session]) -> int:
    with db.reading(sessions) as session:
        return session.scalars(select(Counter.last)).one()


def count_up(sessions: sessionmaker[Session], times: int) -> None:
    for _ in range(times):
        with db.writing(sessions) as session:
            row = session.scalars(select(Counter).with_for_update()).one()
            row.last += 1


def count_up_elsewhere(url: str, times: int) -> None:
    count_up(db.make_sessions(db.make_engine(url)), times)


def test_what_is_written_is_there_and_what_raises_is_not(sessions: sessionmaker[Session], counter: None) -> None:
    count_up(sessions, 2)
    with pytest.raises(RuntimeError), db.writing(sessions) as session:
        session.scalars(select(Counter)).one().last = 99
        session.flush()
        raise RuntimeError
    assert last(sessions) == 2


def test_a_reader_cannot_write_and_the_next_writer_can(sessions: sessionmaker[Session], counter: None) -> None:
    for _ in range(3):
        with pytest.raises(DBAPIError), db.reading(sessions) as session:
            session.execute(text("UPDATE counters SET last = 99"))
        count_up(sessions, 1)
    assert last(sessions) == 3


def test_objects_can_be_read_after_the_commit(sessions: sessionmaker[Session], counter: None) -> None:
    with db.writing(sessions) as session:
        row = session.scalars(select(Organisation)).one()
        row.name = "新名字"
    assert row.name == "新名字"


def test_sessions_carry_vault_and_store(engine: Engine) -> None:
    with db.make_sessions(engine, "a vault", "a store")() as session:  # type: ignore[arg-type]
        assert (session.info["vault"], session.info["store"]) == ("a vault", "a store")


def test_a_unique_violation_stays_what_it_is(sessions: sessionmaker[Session], counter: None) -> None:
    with pytest.raises(IntegrityError), db.writing(sessions) as session:
        session.add(Organisation(id=2, code="A", name="x", level="county", path="/2/"))


def test_errors_show_no_values(sessions: sessionmaker[Session], counter: None) -> None:
    with pytest.raises(IntegrityError) as caught, db.writing(sessions) as session:
        session.execute(text("INSERT INTO organisations (code, name) VALUES (:code, :name)"),
                        {"code": "B", "name": "SECRET"})
    assert "[SQL parameters hidden" in str(caught.value) and "[parameters" not in str(caught.value)


def test_threads_and_processes_lose_no_count(database: str, sessions: sessionmaker[Session], counter: None) -> None:
    others = [get_context("spawn").Process(target=count_up_elsewhere, args=(database, 40)) for _ in range(2)]
    threads = [threading.Thread(target=count_up, args=(sessions, 40)) for _ in range(3)]
    for worker in (*others, *threads):
        worker.start()
    for worker in (*others, *threads):
        worker.join()
    assert last(sessions) == 200
    assert [other.exitcode for other in others] == [0, 0]


@only_sqlite                                          # READ COMMITTED promises it for one statement only
def test_a_reader_sees_one_moment_while_others_write(sessions: sessionmaker[Session], counter: None) -> None:
    with db.reading(sessions) as session:
        before = session.scalars(select(Counter.last)).one()
        count_up(sessions, 3)
        assert session.scalars(select(Counter.last)).one() == before
    assert last(sessions) == before + 3


@only_sqlite
def test_a_writer_that_waits_too_long_is_told_so(sessions: sessionmaker[Session], counter: None,
                                                 engine: Engine) -> None:
    db._LOCKS[engine.dialect].seconds = 0.2
    impatient = db.make_sessions(db.make_engine(engine.url))
    db._LOCKS[impatient.kw["bind"].dialect].seconds = 0.2
    with db.writing(sessions):
        started = time.monotonic()
        for waiting in (sessions, impatient):         # a thread of this process, and as another process would
            with pytest.raises(Busy), db.writing(waiting):
                pytest.fail("two writers at once")
        assert time.monotonic() - started < 20      # and not the lock's own 30 seconds
    count_up(impatient, 1)
    count_up(sessions, 1)
    assert last(sessions) == 2


@only_postgresql
def test_a_row_lock_that_does_not_come_is_busy(sessions: sessionmaker[Session], counter: None) -> None:
    with db.writing(sessions) as holder:
        holder.scalars(select(Counter).with_for_update()).one()
        with pytest.raises(Busy), db.writing(sessions) as waiting:
            waiting.execute(text("SET LOCAL lock_timeout = '100ms'"))
            waiting.scalars(select(Counter).with_for_update()).one()


@only_postgresql
def test_postgresql_has_its_time_outs(sessions: sessionmaker[Session]) -> None:
    with db.writing(sessions) as session:
        shown = [session.scalar(text(f"SHOW {name}")) for name in (
            "lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout", "transaction_isolation",
            "transaction_read_only")]
    assert shown == ["5s", "30s", "15s", "read committed", "off"]


@only_sqlite
def test_sqlite_is_set_up_to_lose_nothing(engine: Engine) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "wal_autocheckpoint")
    with engine.connect() as connection:
        shown = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
    assert shown == ["wal", 2, 1, 1, 0]


@only_sqlite
def test_the_wal_is_moved_into_the_file_now_and_then(sessions: sessionmaker[Session], counter: None,
                                                     database: str) -> None:
    file = Path(database.removeprefix("sqlite:///"))
    size = file.with_name(f"{file.name}-wal").stat
    count_up(sessions, db.CHECKPOINT_EVERY + 20)
    after_checkpoint = size().st_size
    count_up(sessions, db.CHECKPOINT_EVERY // 2)
    assert size().st_size == after_checkpoint        # written anew from the start, so it no longer grows


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_engine_made_before_a_fork_serves_both(sessions: sessionmaker[Session], counter: None) -> None:
    count_up(sessions, 1)
    child = os.fork()
    if child == 0:
        try:
            count_up(sessions, 20)
        except BaseException:
            os._exit(1)
        os._exit(0)
    count_up(sessions, 20)
    assert os.waitpid(child, 0)[1] == 0
    assert last(sessions) == 41


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_forked_under_the_lock_does_not_hold_it(tmp_path: Path) -> None:
    lock = WriterLock(tmp_path / "lock", 1)
    with lock:
        child = os.fork()
        if child == 0:
            lock.forget()
            time.sleep(2)
            os._exit(0)
        time.sleep(0.2)
    with lock:
        pass
    os.kill(child, 9)
    os.waitpid(child, 0)


def test_the_lock_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    context = get_context("spawn")
    held = context.Event()
    holder = context.Process(target=hold, args=(path, held))
    holder.start()
    held.wait(20)
    with pytest.raises(Busy), WriterLock(path, 0.1):
        pass
    holder.kill()
    holder.join()
    with WriterLock(path, 5):
        pass


def hold(path: Path, held: threading.Event) -> None:
    with WriterLock(path, 1):
        held.set()
        time.sleep(60)
