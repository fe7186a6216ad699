"""How commands speak: groups whose refusals are sentences, and tables of words."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from workflow.errors import BangfuError

LATER = 2                            # exit code of what a later release brings


class Group(AppGroup):
    """A group of commands; what the product refuses is told in a sentence and ends with exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BangfuError as refusal:
            for message in refusal.messages:
                say(f"{message.zh}\n  {message.en}", err=True)
        except OSError as error:
            say(f"{error.filename or ''}: {error.strerror}", err=True)
        except ValueError as error:
            if "Bangfu runs on" not in str(error):
                raise
            say(str(error), err=True)
        except DBAPIError as error:
            if not isinstance(error, OperationalError | ProgrammingError):
                raise
            say("数据库打不开，或还没有建好表：请检查 BANGFU_DATABASE_URL，并先运行 flask db upgrade\n"
                "  The database cannot be opened or has no tables yet: check BANGFU_DATABASE_URL and run flask db upgrade\n"
                f"  {error.orig}", err=True)
        ctx.exit(1)


def say(text: str, *, err: bool = False) -> None:
    click.echo(text, err=err)


def later(zh: str, en: str) -> None:
    """Say that a command comes later, and end with exit code 2."""
    say(f"{zh}\n  {en}", err=True)
    click.get_current_context().exit(LATER)
