"""A lock file that one writer at a time holds, across threads and processes.

SQLite's own busy handler sleeps and tries again, so late comers starve; here waiters queue in the kernel, which also
frees the lock when a process is killed. Local disks only: network file systems do not keep such locks.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

from .errors import Busy

if sys.platform != "win32":
    import fcntl


class WriterLock:
    """`with lock:` holds it; raises `Busy` when it does not come within `seconds`. Not reentrant."""

    def __init__(self, path: Path, seconds: float) -> None:
        self.path, self.seconds = path, seconds
        self.writes = 0                      # counted by the holder, see `db._checkpoint`
        self._thread = threading.Lock()
        self._file = -1

    def __enter__(self) -> None:
        until = time.monotonic() + self.seconds
        if not self._thread.acquire(timeout=self.seconds):
            raise Busy()
        try:
            self._file = _locked(self.path, until)
        except BaseException:
            self._thread.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)                   # which frees the lock
        self._thread.release()

    def forget(self) -> None:
        """Be free again in a child process that was forked while its parent held the lock."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)
        self._thread = threading.Lock()


if sys.platform == "win32":

    def _locked(path: Path, until: float) -> int:
        """Threads queue; between processes SQLite's own lock and its busy handler have to do."""
        return -1

else:

    def _locked(path: Path, until: float) -> int:
        """Return the open file that holds the lock; raise `Busy` at `until` (monotonic seconds)."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _waited(file, until)
        except BaseException:
            os.close(file)
            raise
        return file

    def _waited(file: int, until: float) -> int:
        """Queue for the lock. `flock` knows no deadline, so a thread waits in it and this one watches the clock."""
        arrived = threading.Event()
        decision = threading.Lock()
        given_up = False

        def wait() -> None:
            fcntl.flock(file, fcntl.LOCK_EX)
            with decision:
                arrived.set()
                if given_up:
                    os.close(file)

        threading.Thread(target=wait, name="writer-lock", daemon=True).start()
        if not arrived.wait(max(0.0, until - time.monotonic())):
            with decision:
                if not arrived.is_set():
                    given_up = True
                    raise Busy()
        return file
