"""The states of a programme with their clocks, votes and notices, and where tasks may be changed: words → frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from . import definition as d
from .check_votes import share
from .kinds import Kind
from .schema_flow import StateWords, Timer, Vote
from .sheet import Sheet
from .structure import Path
from .words import label

# Files that these steps leave behind even where the definition does not name them: the evidence of the field.
PAPERS = {
    "notice": d.AttachmentKind("notice_photo", d.Label("公示照片", "Photo of the posted notice"), 0, 9, section=""),
    "countersign": d.AttachmentKind("minutes", d.Label("会议纪要", "Minutes of the meeting"), 0, 9, section=""),
}
EVERYWHERE = "*"
# Which operations belong to which kinds of step.
WORKING = frozenset({"task", "notice", "wait"})
OPEN_IN = {
    "transfer": WORKING | {"parallel"}, "delegate": frozenset({"task", "wait"}), "claim": frozenset({"task", "wait"}),
    "add_signer": frozenset({"countersign"}), "remove_signer": frozenset({"countersign"}),
    "consult": WORKING | {"countersign", "parallel"},
    "cc": WORKING | {"countersign", "parallel"}, "urge": WORKING | {"countersign", "parallel"},
}


def states(sheet: Sheet) -> dict[str, d.State]:
    return {name: _state(sheet, sheet.state_path(name), words) for name, words in sheet.states.items()}


def _state(sheet: Sheet, path: Path, one: StateWords) -> d.State:
    kind = "final" if one.final else one.kind or "task"
    edit = set(sheet.editable(one))
    if kind == "notice" and "notice_photo" not in sheet.programme.attachments:
        edit.add("attachments.notice_photo")
    notice = None
    if one.notice is not None:
        mask = frozenset(sheet.spread(one.notice.mask)) | {name for name in one.notice.mask if "." in name}
        notice = d.NoticeRule(one.notice.days, tuple(one.notice.show), mask, tuple(one.notice.where))
    return d.State(
        one.name, label(one.label), kind, None if one.final else one.actor, frozenset(edit), frozenset(sheet.hidden(one)),
        one.due, frozenset(one.batch), one.final, one.outcome, tuple(_timer(timer) for timer in one.timers), one.claim,
        _vote(one), tuple(_branches(sheet, path, one)), notice)


def _timer(words: Timer) -> d.Timer:
    return d.Timer(words.after, words.every, words.times, words.do, words.to, words.trigger)  # type: ignore[arg-type]  # checked


def _vote(one: StateWords) -> d.Vote | None:
    """Return the rule of a vote; None where the words are at fault, which the checker tells."""
    if one.kind == "parallel" and one.on_pass and one.on_fail:
        return d.Vote(one.join or "all", None, 1, False, one.on_pass, one.on_fail, one.fail_dest)
    words: Vote | None = one.vote
    if one.kind != "countersign" or words is None or not words.on_pass or not words.on_fail:
        return None
    return d.Vote(words.mode, _mark(words), words.min_voters or 1, words.veto, words.on_pass, words.on_fail, one.fail_dest,
                  words.on_empty, words.paper)


def _mark(words: Vote) -> Fraction | None:
    return share(words.share) if words.mode in ("quorum", "ratio") else None


def _branches(sheet: Sheet, path: Path, one: StateWords) -> Iterator[d.Branch]:
    for number, words in enumerate(one.branches):
        when = sheet.exprs.get((*path, "branches", number, "when"))
        if words.when is not None and when is None:
            when = sheet.compile((*path, "branches", number, "when"), words.when, Kind.BOOL)
        yield d.Branch(words.key, label(words.label, words.key), words.actor, when)


def papers(sheet: Sheet) -> dict[str, d.AttachmentKind]:
    """Return the kinds of file that a notice and a vote bring along, where the definition has none of that name."""
    kinds = {state.kind for state in sheet.states.values()}
    return {paper.name: paper for kind, paper in PAPERS.items()
            if kind in kinds and paper.name not in sheet.programme.attachments}


def operations(sheet: Sheet) -> dict[str, frozenset[str]]:
    """Return the states each operation is open in; `*` is every state of a kind it belongs to."""
    found: dict[str, frozenset[str]] = {}
    claiming = {name for name, state in sheet.states.items() if state.claim}
    for operation, kinds in OPEN_IN.items():
        named = set(getattr(sheet.programme.operations, operation))
        if EVERYWHERE in named:
            named = {name for name, state in sheet.states.items() if not state.final and (state.kind or "task") in kinds}
        if operation == "claim":
            named |= claiming
        if named:
            found[operation] = frozenset(named)
    return found
