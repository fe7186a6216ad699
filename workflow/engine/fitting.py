"""Does a running case fit another version of its programme, and what would not? Reads only; `migrating` writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..errors import Message, Refused
from ..language.definition import Definition, Field, State
from ..language.expressions import Unanswerable
from ..privacy import vault
from ..records import Draft, Task
from . import uniqueness
from .dossier import Dossier, local_day, unsealed
from .duties import addressed
from .facts import facts_of, figures_for
from .judge import fen
from .places import Place

ORDINARY = ("draft", "task", "wait")     # kinds of states in which a case may change its version

_drafts, _tasks = Draft.__table__, Task.__table__


@dataclass(frozen=True, slots=True)
class Fit:
    """What a case would be under the other version. With `problems` it stays where it is; `told` changes nothing."""

    state: str
    problems: tuple[Message, ...]
    told: tuple[Message, ...] = ()
    dossier: Dossier | None = None       # the case read as one of the other version
    role: str = ""
    place: Place | None = None


def fit(session: Session, dossier: Dossier, target: Definition, names: Mapping[str, str], now: datetime) -> Fit:
    """Return how the case fits `target`, its states renamed by `names`; every problem at once."""
    old, row = dossier.definition.states[dossier.state], dossier.row
    name = names.get(dossier.state, dossier.state)
    if name not in target.states:
        return Fit(name, (Message("NO_PLACE", f"新版没有“{old.label.zh}”这个环节，也没有写明归到哪里",
                                  f"The new version has no step “{old.label.text('en')}” and does not say where it goes"),))
    state = target.states[name]
    problems = [*_busy(session, dossier, old)] or [*_kinds(row, old, state), *_answers(session, dossier, target),
                *_typed(session, dossier, target), *_files(dossier, target), *_returned(row, target, names, state)]
    if problems:
        return Fit(name, tuple(problems))
    seen = _as_one_of(session, dossier, target, state, names, now)
    facts = facts_of(session, seen, now)
    role, place = "applicant", None
    try:
        if not (state.kind == "draft" or target.actors[state.actor or ""].who == "applicant"):
            role, place = addressed(session, seen, state.actor or "", local_day(now))
        if row.submitted_at is not None and _sources(target) != _sources(dossier.definition):
            problems += uniqueness.objections(session, seen, facts)
    except Refused as refused:
        problems += refused.messages
    return Fit(name, tuple(problems), tuple(_amount(seen, facts)), seen, role, place)


def pinned(session: Session, dossier: Dossier, target: Definition, now: datetime) -> dict[str, Any]:
    """Return the figures of the case with those that only `target` knows added; what was pinned at submission stays."""
    held = dict(dossier.row.figures)
    if not held:
        return held
    fresh = figures_for(session, target, dossier.row.path, local_day(now))
    known = held.get("origin", {})
    origin = {room: {name: said for name, said in fresh["origin"][room].items() if name not in held[room]} | known.get(room, {})
              for room in ("param", "region")}
    return held | {"param": fresh["param"] | held["param"], "region": fresh["region"] | held["region"], "origin": origin}


def _as_one_of(session: Session, dossier: Dossier, target: Definition, state: State, names: Mapping[str, str],
               now: datetime) -> Dossier:
    row = dossier.row
    values = dict(row._mapping) | {"state": state.name, "figures": pinned(session, dossier, target, now),
                                   "returned": moved_return(row.returned, names)}
    form = unsealed(session, "cases", dossier.id, target, row.form, row.sealed)
    made: Any = SimpleNamespace(**values)
    return replace(dossier, row=made, definition=target, form=form, ballots=(), draft={},
                   decided=tuple(replace(one, state=names.get(one.state, one.state)) for one in dossier.decided))


def moved_return(returned: Mapping[str, Any] | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    """Return an open correction in the words of the other version."""
    if returned is None:
        return None
    return dict(returned) | {"from": names.get(returned["from"], returned["from"]), "to": names.get(returned["to"], returned["to"])}


def _busy(session: Session, dossier: Dossier, old: State) -> Iterable[Message]:
    """A vote, a notice, somebody's opinion under way: they end under the rules they began with."""
    if old.kind == "notice":
        yield Message("NOTICE_RUNNING", "正在公示：公示不能中断或重新计时，公示结束后再迁移",
                      "A public notice is running: it is neither broken off nor begun anew; move the case when it is over")
    elif old.vote is not None:
        yield Message("VOTE_OPEN", "正在表决或会签，结束后再迁移", "A vote or parallel step is open; move the case when it is over")
    elif session.connection().execute(select(_tasks.c.id).where(
            _tasks.c.case_id == dossier.id, _tasks.c.status.in_(("open", "waiting")), _tasks.c.kind.in_(("ballot", "branch", "consult"))
            ).limit(1)).first() is not None:
        yield Message("ASKED", "正在征求他人意见，收到答复后再迁移", "Somebody has been asked for an opinion; move the case when it is given")


def _kinds(row: Any, old: State, new: State) -> Iterable[Message]:
    zh, en = new.label.zh, new.label.text("en")
    if new.kind not in ORDINARY:
        yield Message("KIND", f"不能迁移到“{zh}”：迁移不能代替办结、表决或公示",
                      f"A case cannot be moved into “{en}”: moving neither ends a case nor begins a vote or a notice")
    elif row.submitted_at is None and new.kind != "draft":
        yield Message("NOT_SUBMITTED", f"还没有提交，不能迁移到“{zh}”", f"It has not been handed in yet and cannot be moved to “{en}”")
    elif (old.kind == "wait") != (new.kind == "wait"):
        yield Message("WAIT", "等待环节只能迁移到等待环节", "A waiting step can only become a waiting step")


def _answers(session: Session, dossier: Dossier, target: Definition) -> Iterable[Message]:
    """Nothing that was filled in may be lost or read otherwise."""
    stored = dict(dossier.row.form)
    if dossier.row.sealed is not None:
        stored |= vault(session).open_json("cases.sealed", dossier.id, dossier.row.sealed)
    for name, value in stored.items():
        if value not in (None, [], ""):
            yield from _same(dossier.definition.form[name], target, value)


def _same(spec: Field, target: Definition, value: Any) -> Iterable[Message]:
    other, zh, en = target.form.get(spec.name), spec.label.zh, spec.label.text("en")
    if other is None:
        yield Message("FIELD_GONE", f"已经填写的“{zh}”在新版里没有了", f"“{en}” is filled in, and the new version does not have it", f"form.{spec.name}")
    elif other.type != spec.type:
        yield Message("FIELD_TYPE", f"“{zh}”在新版里换了类型", f"“{en}” is of another type in the new version", f"form.{spec.name}")
    elif spec.options and set(value if isinstance(value, list) else [value]) - set(other.options):
        yield Message("OPTION_GONE", f"“{zh}”选的选项在新版里没有了", f"The choice made in “{en}” does not exist in the new version", f"form.{spec.name}")
    elif spec.columns and any(
            cell not in (None, "") and (column not in other.columns or other.columns[column].type != spec.columns[column].type)
            for row in value for column, cell in row.items() if column in spec.columns):
        yield Message("COLUMN_GONE", f"“{zh}”里填写的列在新版里没有了或换了类型", f"A filled-in column of “{en}” is gone or of another type", f"form.{spec.name}")


def _typed(session: Session, dossier: Dossier, target: Definition) -> Iterable[Message]:
    """What somebody is typing at this moment goes along, if every box of it still exists and is kept the same way."""
    for row in session.connection().execute(select(_drafts).where(
            _drafts.c.case_id == dossier.id, _drafts.c.revision == dossier.row.revision)):
        names = set(row.form)
        if row.sealed is not None:
            names |= set(vault(session).open_json("drafts.sealed", dossier.id, row.sealed))
        for name in names:
            before, after = dossier.definition.form.get(name), target.form.get(name)
            if before is not None and (after is None or (after.type, after.sensitive) != (before.type, before.sensitive)):
                yield Message("DRAFT", f"有人正在填写“{before.label.zh}”，新版里没有这一项或保存方式不同",
                              f"Somebody is filling in “{before.label.text('en')}”, which the new version lacks or keeps otherwise", f"form.{name}")


def _files(dossier: Dossier, target: Definition) -> Iterable[Message]:
    for kind, count in dossier.attached.items():
        if count and kind not in target.attachments:
            spec = dossier.definition.attachments.get(kind)
            zh, en = (spec.label.zh, spec.label.text("en")) if spec else (kind, kind)
            yield Message("FILES_GONE", f"已经上传的“{zh}”在新版里没有了", f"“{en}” is uploaded, and the new version does not have it", f"attachments.{kind}")


def _returned(row: Any, target: Definition, names: Mapping[str, str], state: State) -> Iterable[Message]:
    moved = moved_return(row.returned, names)
    if moved is None:
        return
    known = {f"form.{name}" for name in target.form} | {f"attachments.{name}" for name in target.attachments}
    lost = {*moved["items"], *(moved["edit_only"] or ())} - known
    if moved["from"] not in target.states or moved["to"] != state.name or lost:
        yield Message("RETURNED", "正在补正，新版里没有退回它的环节或要补正的内容，补正后再迁移",
                      "It is being corrected, and the new version lacks the step or the items; move the case afterwards")


def _sources(definition: Definition) -> tuple[str, ...]:
    return tuple(expr.source for expr in definition.unique)


def _amount(seen: Dossier, facts: Mapping[str, Any]) -> Iterable[Message]:
    """Say where the new version would work out another sum. The amount of the case stays."""
    rule, held = seen.definition.amount, seen.row.amount_fen
    if held is None or rule is None:
        return
    try:
        worth = rule.value.evaluate(facts, seen.definition.tables)
    except Unanswerable:
        worth = None
    if worth is None or worth < 0:
        yield Message("AMOUNT_OPEN", "按新版现在算不出金额；迁移不改金额", "The new version cannot work out the amount now; moving leaves it as it is")
    elif fen(worth) != held:
        yield Message("AMOUNT_OTHER", f"按新版应为 {Decimal(fen(worth)) / 100:,.2f} 元，现为 {Decimal(held) / 100:,.2f} 元；迁移不改金额",
                      f"The new version would give {Decimal(fen(worth)) / 100:,.2f} yuan, it is {Decimal(held) / 100:,.2f}; moving leaves the amount")
