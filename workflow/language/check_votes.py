"""Votes: each result leads somewhere, and the pass mark can be reached."""

from __future__ import annotations

import re
from fractions import Fraction

from .faults import did_you_mean
from .schema_flow import StateWords, Vote
from .sheet import Sheet
from .structure import Path

_SHARE = re.compile(r"([0-9]{1,4})/([1-9][0-9]{0,3})\Z|([0-9]{1,4}(?:\.[0-9]{1,6})?)\Z", re.ASCII)


def share(value: object) -> Fraction | None:
    """Return the pass mark as written (`2/3`, `0.5`, `3`), or None where it is none."""
    found = _SHARE.match(str(value)) if value is not None and not isinstance(value, bool) else None
    if not found:
        return None
    return Fraction(int(found[1]), int(found[2])) if found[1] else Fraction(found[3])


def check(sheet: Sheet) -> None:
    for place, state in enumerate(sheet.programme.states):
        path: Path = ("states", place)
        if state.kind == "countersign":
            if state.vote is None:
                sheet.error(path, "VOTE_RESULT", f"会签“{state.name}”要写 vote", f"'{state.name}' needs a vote")
            else:
                _results(sheet, (*path, "vote"), state, state.vote.on_pass, state.vote.on_fail)
                _mark(sheet, (*path, "vote"), state.vote)
            _voices(sheet, path, state)
        elif state.kind == "parallel":
            _voices(sheet, path, state)
            _results(sheet, path, state, state.on_pass, state.on_fail)
        elif state.vote is not None:
            sheet.error((*path, "vote"), "VOTE_KIND", "只有 kind: countersign 的步骤才写 vote",
                        "Only a state of kind countersign votes", key=True)


def _voices(sheet: Sheet, path: Path, state: StateWords) -> None:
    """A vote changes nothing but the result: what has to be filled in belongs to the step before it."""
    typed = [name for name in sheet.editable(state) if name.startswith("form.")]
    if typed:
        sheet.error((*path, "edit"), "VOTE_EDIT", f"表决和并行步骤只表达意见，不能修改“{typed[0]}”；请放到前一步填写",
                    f"A vote only gives opinions and cannot change '{typed[0]}'; fill it in one step earlier")
    if sheet.programme.amount and state.name in sheet.programme.amount.adjustable_in:
        sheet.error(("amount", "adjustable_in"), "VOTE_EDIT", f"“{state.name}”只表达意见，不能调整金额",
                    f"'{state.name}' only gives opinions; the amount cannot be adjusted there")
    seen: set[str] = set()
    for number, branch in enumerate(state.branches):
        if branch.key in seen:
            sheet.error((*path, "branches", number, "key"), "BRANCH_TWICE", f"分支“{branch.key}”重复", f"Branch '{branch.key}' is there twice")
        seen.add(branch.key)
    if state.branches and all(branch.when is not None for branch in state.branches):
        sheet.warn((*path, "branches"), "BRANCH_NONE", f"“{state.name}”的分支都有条件，可能一个也不成立",
                   f"Every branch of '{state.name}' has a condition, so there may be none", key=True)
    paper = state.vote.paper if state.vote else None
    if paper in sheet.programme.actors and sheet.programme.actors[paper].who == "applicant":
        sheet.error((*path, "vote", "paper"), "PAPER_APPLICANT", "会议结果不能由申请人自己录入，paper 要写一个岗位",
                    "The applicant cannot enter the result of a meeting; 'paper' names an office")
    if paper is not None and paper not in sheet.programme.actors:
        zh, en = did_you_mean(paper, sheet.programme.actors)
        sheet.error((*path, "vote", "paper"), "UNKNOWN_ACTOR", f"actors 里没有“{paper}”{zh}", f"There is no actor '{paper}'{en}")


def _results(sheet: Sheet, path: Path, state: StateWords, passed: str | None, failed: str | None) -> None:
    ways = [way for way in sheet.ways() if way.source == state.name]
    known = {way.trigger for way in ways}
    for word, trigger in (("on_pass", passed), ("on_fail", failed)):
        if trigger is None:
            sheet.error(path, "VOTE_RESULT", f"“{state.name}”没有写 {word}", f"'{state.name}' has no {word}")
        elif trigger not in known and sheet.readable:
            zh, en = did_you_mean(trigger, known)
            sheet.error((*path, word), "VOTE_RESULT", f"“{state.name}”没有动作“{trigger}”，表决结果无处可去{zh}",
                        f"'{state.name}' has no trigger '{trigger}', so the result leads nowhere{en}")
    if passed is not None and passed == failed:
        sheet.error((*path, "on_fail"), "VOTE_SAME", f"“{state.name}”通过和不通过都是“{passed}”，表决没有意义",
                    f"At '{state.name}' passing and failing both fire '{passed}', so the vote decides nothing")
    leads = sorted({way.dest for way in ways if way.trigger == failed and way.chosen})
    if len(leads) > 1 and not state.fail_dest:
        sheet.error((*path, "on_fail"), "VOTE_DEST", f"“{failed}”可以到{'、'.join(leads)}，没有人选择，要写 fail_dest",
                    f"'{failed}' leads to {', '.join(leads)} and nobody chooses; name one in fail_dest")
    if state.fail_dest and not any(way.trigger == failed and way.dest == state.fail_dest for way in ways):
        sheet.error((*path, "fail_dest"), "VOTE_RESULT", f"“{failed}”到不了“{state.fail_dest}”",
                    f"'{failed}' does not lead to '{state.fail_dest}'")


def _mark(sheet: Sheet, path: Path, vote: Vote) -> None:
    if vote.mode not in ("quorum", "ratio"):
        if vote.share is not None:
            sheet.error((*path, "pass"), "VOTE_PASS", f"{vote.mode} 不写 pass", f"'{vote.mode}' has no pass mark")
        return
    mark = share(vote.share)
    if mark is None:
        sheet.error((*path, "pass") if vote.share is not None else path, "VOTE_PASS", f"{vote.mode} 要写通过标准 pass，例如 2/3",
                    f"'{vote.mode}' needs a pass mark, such as 2/3")
    elif vote.mode == "ratio" and not 0 < mark <= 1:
        sheet.error((*path, "pass"), "VOTE_PASS", "通过比例要大于 0、不超过 1", "The ratio must be above 0 and at most 1")
    elif vote.mode == "quorum" and (mark < 1 or mark.denominator != 1):
        sheet.error((*path, "pass"), "VOTE_PASS", "通过票数要写整数，例如 3", "The pass mark is a number of votes, such as 3")
    elif vote.mode == "quorum" and vote.min_voters is not None and mark > vote.min_voters:
        sheet.error((*path, "pass"), "VOTE_PASS", f"到会 {vote.min_voters} 人时凑不够 {mark} 票",
                    f"With {vote.min_voters} voters {mark} votes cannot be reached")
