"""`flask cases act`, `attach` and `show`: one case at the command line, named by its number.

The step is the one of the page and of the API: the same duties, the same scope, the same sentences. Beside `cases import`,
which brings in past ones.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from web.db import now, reading, writing
from workflow import engine
from workflow.actors import Actor
from workflow.errors import NotFound, Refused, one
from workflow.records import Case
from workflow.scope import visible

from . import imports
from .acting import AS, acting, looking
from .sentences import say

group = imports.cases


@group.command("show")
@click.argument("number")
@AS
def show(number: str, username: str) -> None:
    """Show where a case stands, and what the account may do: number, state, revision, amount in yuan; then a step a line."""
    with reading() as session:
        actor = looking(session, username)
        view = engine.look(session, by_number(session, number, actor), actor, now())
        amount = "" if view.amount_fen is None else f"{view.amount_fen / 100:.2f}"
        say("\t".join([view.row.number, view.state_label.zh, str(view.row.revision), amount]))
        for action in view.actions:
            say("\t".join([action.trigger, action.label.zh, *(f"{message.zh}" for message in action.blocked)]))
        for message in view.objections:
            say(f"{message.zh}\n  {message.en}", err=True)


@group.command("act")
@click.argument("number")
@click.argument("trigger")
@click.option("--comment", default="", help="the opinion")
@click.option("--set", "fields", multiple=True, metavar="NAME=VALUE", help="a field this step may edit; may be given again")
@click.option("--dest", help="where it goes, where the step offers several")
@click.option("--amount", help="in yuan, where the step may set it")
@click.option("--declared", is_flag=True, help="related to nobody concerned, where a programme asks")
@click.option("--revision", type=int, help="of the case as it was looked at; as it stands where left out")
@AS
def act(number: str, trigger: str, comment: str, fields: tuple[str, ...], dest: str | None, amount: str | None, declared: bool, revision: int | None,
        username: str) -> None:
    """Take the step TRIGGER on the case NUMBER (flask cases show names them)."""
    form, yuan = _form(fields), _yuan(amount)
    with writing() as session:
        actor = acting(session, username)
        case_id = by_number(session, number, actor)
        seen = session.execute(select(Case.revision).where(Case.id == case_id)).scalar_one() if revision is None else revision
        engine.act(session, case_id, trigger, actor, now(), revision=seen, comment=comment, form=form or None, dest=dest, amount=yuan, declared=declared)
        label = engine.look(session, case_id, actor, now()).state_label
    say(f"已办理 {number}，现在：{label.zh} · Done; it now stands at: {label.text('en')}")


@group.command("attach")
@click.argument("number")
@click.argument("kind")
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@AS
def attach(number: str, kind: str, file: Path, username: str) -> None:
    """Add FILE to the case NUMBER, as a file of this KIND."""
    data = file.read_bytes()
    with reading() as session:
        actor = acting(session, username)
        case_id = by_number(session, number, actor)
        spec = engine.look(session, case_id, actor, now()).definition.attachments.get(kind)
        store = session.info["store"]
    clean: Any = store.check(data, file.name, spec.accept) if spec else data
    with writing() as session:
        engine.attach(session, case_id, kind, file.name, clean, actor, now())
    say(f"已添加 {file.name} · Attached")


def by_number(session: Session, number: str, actor: Actor) -> str:
    """Return the id of the case with this number. Raises `NotFound` out of the actor's scope."""
    found = session.scalar(select(Case.id).where(Case.number == number.strip(), visible(actor)))
    if found is None:
        raise NotFound
    return found


def _form(fields: tuple[str, ...]) -> dict[str, str]:
    pairs = [field.partition("=") for field in fields]
    if wrong := [name for name, sign, _value in pairs if not sign or not name]:
        raise Refused(one("SET", f"--set 要写成 字段=内容：{'、'.join(wrong)}", f"--set is written NAME=VALUE: {', '.join(wrong)}"))
    return {name: value for name, _sign, value in pairs}


def _yuan(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        found = Decimal(text)
        if found.is_finite() and found >= 0 and -2 <= int(found.as_tuple().exponent) <= 0 and found < 10**12:
            return found
    except InvalidOperation:
        pass
    raise Refused(one("AMOUNT", "请写金额（元，最多两位小数），例如 3800.00", "Give the amount in yuan, for example 3800.00", "amount"))
