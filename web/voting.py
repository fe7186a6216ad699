"""Votes in words: the rule, who has said what, and the counts. For officers, auditors and paper; an applicant sees counts alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from flask_babel import gettext as _

from workflow.engine import CaseView
from workflow.language.definition import State
from workflow.queries import EventRow

from . import language


@dataclass(frozen=True, slots=True)
class Said:
    """One voter, or one branch. `kind`: ok, bad, or nothing for who abstained or has not spoken."""

    label: str                       # of the branch; empty in a vote
    who: str
    words: str
    kind: str
    at: datetime | None
    comment: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Voting:
    """The vote a case is in. `paper`: the reader may enter the result of a meeting instead."""

    rule: str
    heard: int
    total: int
    said: tuple[Said, ...]
    waits: bool                      # for an administrator to call the voters
    parallel: bool
    paper: bool

    @property
    def mine(self) -> Said | None:
        return next((one for one in self.said if one.mine and one.at is not None), None)


def voting(view: CaseView, events: Sequence[EventRow], roles: Iterable[str]) -> Voting | None:
    """Return the vote that the case is in as an officer sees it, None where it is in none."""
    state = view.definition.states[view.row.state]
    if state.vote is None or view.mine:
        return None
    comments = {event.extra.get("task"): event.comment for event in events if event.kind == "vote"}
    said = tuple(Said(
        voice.label.text(language.lang()) if state.kind == "parallel" else "", _("、").join(voice.people) or _("无人担任"),
        word(voice.vote) if voice.vote else _("还没轮到") if voice.status == "waiting" else _("未表决"),
        {"agree": "ok", "disagree": "bad"}.get(voice.vote or "", ""), voice.at, comments.get(voice.task_id, ""), voice.mine)
        for voice in view.voices)
    heard, total = view.heard
    rule = view.definition.actors.get(state.vote.paper or "")
    enters = any(one.mine for one in said) if rule is None else rule.role in set(roles)
    return Voting(mark(state), heard, total, said, total == 0, state.kind == "parallel",
                  state.kind == "countersign" and enters and total > 0 and heard == 0)


def word(vote: str) -> str:
    return {"agree": _("同意"), "disagree": _("不同意"), "abstain": _("弃权")}.get(vote, vote)


def mark(state: State) -> str:
    """三分之二同意通过，至少 3 人"""
    vote = state.vote
    assert vote is not None
    if state.kind == "parallel":
        return _("任一项同意即通过") if vote.mode == "any" else _("各项都同意才通过")
    parts = [{"all": _("全部同意才通过"), "any": _("一人同意即通过"), "sequence": _("依次表决，全部同意才通过"),
              "ratio": _("%(share)s同意通过", share=_share(vote.share)), "quorum": _("%(count)s 票同意通过", count=vote.share)}[vote.mode]]
    if vote.min_voters > 1:
        parts.append(_("至少 %(count)s 人", count=vote.min_voters))
    if vote.veto:
        parts.append(_("一人不同意即不通过"))
    return _("，").join(parts)


def _share(share: Fraction | None) -> str:
    known = {Fraction(1, 2): _("二分之一"), Fraction(1, 3): _("三分之一"), Fraction(2, 3): _("三分之二"), Fraction(3, 4): _("四分之三"),
             Fraction(3, 5): _("五分之三"), Fraction(4, 5): _("五分之四"), Fraction(1): _("全部")}
    return known.get(share or Fraction(1), str(share))


def counted(voices: Mapping[str, Any]) -> str:
    """同意 3 票、反对 1 票、弃权 0 票，共 4 人"""
    return _("同意 %(agree)s 票、反对 %(against)s 票、弃权 %(abstained)s 票，应参加 %(voters)s 人", agree=voices.get("agree", 0),
             against=voices.get("disagree", 0), abstained=voices.get("abstain", 0), voters=voices.get("voters", 0))


def met(event: EventRow) -> str:
    """What the minutes say, of an event that entered the result of a meeting."""
    extra = event.extra
    return _("%(day)s 会议：同意 %(agree)s 票、反对 %(against)s 票、弃权 %(abstained)s 票", day=extra.get("held_on", ""), agree=extra.get("in_favour"),
             against=extra.get("against"), abstained=extra.get("abstained"))


def spoken(event: EventRow) -> str:
    """What a person said in a vote: the words of their voice, of a meeting its counts."""
    return met(event) if event.kind == "meeting" else word(str(event.extra.get("vote", "")))
