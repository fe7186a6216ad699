"""`flask serve`: the whole site in one process, with waitress; with `--timers` and a second one that keeps the deadlines."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import click
from flask import current_app
from flask.cli import with_appcontext

from web.db import database

from .sentences import say


@click.command("serve", help="启动网站 · serve the site with waitress")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True)
@click.option("--timers", is_flag=True, help="同时运行定时任务，一起停止 · run the timers beside it and stop them with it")
@with_appcontext
def serve(host: str, port: int, threads: int, timers: bool) -> None:
    import waitress  # type: ignore[import-untyped]

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    database(app)                    # a missing secret stops the start here, with its sentence
    say(f"帮扶已启动：http://{host}:{port} · Bangfu is at http://{host}:{port} (Ctrl+C to stop)")
    if app.config["DEMO"]:
        from web.demo.accounts import listing

        say(listing())
    behind = app.config["TRUSTED_PROXIES"] > 0       # `security.py` believes exactly so many, waitress none
    with _timers() if timers else nullcontext():
        waitress.serve(app, host=host, port=port, threads=threads, ident=None, clear_untrusted_proxy_headers=not behind,
                       max_request_body_size=app.config["UPLOAD_MB"] * 1024 * 1024 + 64 * 1024, channel_timeout=60)


@contextmanager
def _timers() -> Iterator[None]:
    """A process for the timers. It ends when its standard input does, so it never outlives this one, however this one ends."""
    child = subprocess.Popen([sys.executable, "-m", "flask", "timers", "run", "--with-parent"], stdin=subprocess.PIPE)
    try:
        yield
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.wait(30)
