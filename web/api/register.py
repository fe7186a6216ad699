"""Reading the register: hardship files, a household, a person, what they were granted, and who is covered by mutual aid. All within scope."""

from __future__ import annotations

from datetime import date

from flask import request
from flask.typing import ResponseReturnValue

from web.access import access, person
from web.db import local, now, session
from web.language import lang
from workflow import register as kept
from workflow.errors import Refused, one
from workflow.language.identity import mask
from workflow.privacy import vault

from . import blueprint, register_models
from .answers import answer, money
from .bodies import limit
from .marks import speaks


@blueprint.get("/covers")
@access(*kept.READERS)
@speaks(gives=register_models.Covers, problems=(403, 422), query=("limit", "after", "state", "programme", "org", "on", "q"))
def covers() -> ResponseReturnValue:
    """Who is covered by mutual aid, latest first; `on`: who was covered that day; `q`: number of the enrolment or a name in the register."""
    asked, after = request.args, request.args.get("after", "")
    rows, following = kept.covers(session(), person(), local(now()).date(), state=asked.get("state", ""), scheme=asked.get("programme", "")[:60],
                                  unit=asked.get("org", ""), on=_day(asked.get("on")), text=asked.get("q", ""),
                                  after=int(after) if after.isascii() and after.isdigit() and len(after) < 16 else None, limit=limit())
    return answer(register_models.Covers(next=None if following is None else str(following), items=[register_models.CoverRow(
        id=row.id, programme=row.scheme, title=row.title.text(lang()), organisation=row.unit, name=row.name, id_no=row.id_no, person=row.person_id,
        from_on=row.from_on, until_on=row.until_on, shares=row.shares, state=row.state, number=row.number, application=row.case_id,
        claims=[register_models.ClaimRow(application=claim.case_id, number=claim.number, state=claim.state.text(lang()), outcome=claim.outcome)
                for claim in row.claims]) for row in rows]))


@blueprint.get("/register/files")
@access(*kept.READERS)
@speaks(gives=register_models.Files, problems=(403,), query=("limit", "after", "status", "category", "due", "org", "q"))
def register_files() -> ResponseReturnValue:
    """Hardship files, latest first; `due`: those whose yearly review is overdue; `q`: number of the file or name of the head."""
    asked = request.args
    rows, following = kept.files(session(), person(), local(now()).date(), status=asked.get("status", ""), category=asked.get("category", ""),
                                 unit=asked.get("org", ""), overdue=bool(asked.get("due")), text=asked.get("q", ""), after=asked.get("after") or None, limit=limit())
    return answer(register_models.Files(next=following, items=[register_models.FileRow(
        id=row.file.id, number=row.file.number, household=row.file.household_id, head=row.name, organisation=row.unit, category=row.file.category,
        status=row.file.status, size=row.file.size, opened_on=row.file.opened_on, reviewed_on=row.file.reviewed_on, ended_on=row.file.ended_on,
        overdue=row.overdue) for row in rows]))


@blueprint.get("/register/households/<household_id>")
@access(*kept.READERS)
@speaks(gives=register_models.Household, problems=(403, 404))
def register_household(household_id: str) -> ResponseReturnValue:
    """One household: who lives and lived there, its files, and all that they were granted."""
    found = kept.household(session(), household_id, person())
    return answer(register_models.Household(
        id=found.row.id, head=mask("name", found.head), organisation=found.unit,
        members=[register_models.MemberRow(person=one.person_id, name=mask("name", one.name), relation=one.relation, since=one.since_on, until=one.until_on)
                 for one in found.members],
        files=[register_models.HouseholdFile(id=file.id, number=file.number, category=file.category, status=file.status, opened_on=file.opened_on,
                                             reviewed_on=file.reviewed_on, ended_on=file.ended_on, reason=file.end_reason) for file in found.files],
        aid=_aid(kept.aid_of_household(session(), household_id, person()))))


@blueprint.get("/register/people/<person_id>")
@access(*kept.READERS)
@speaks(gives=register_models.Person, problems=(403, 404))
def register_person(person_id: str) -> ResponseReturnValue:
    """One person: memberships, household and all that they were granted, under every entry that was found to be them."""
    row, unit, _cases = kept.person(session(), person_id, person())
    number = vault(session()).open("people.id_no", row.id, row.id_no_sealed).decode() if row.id_no_sealed else ""
    return answer(register_models.Person(
        id=row.id, name=mask("name", row.name), id_no=mask("idcard", number) if number else "", organisation=unit,
        household=kept.household_now(session(), row.id),
        memberships=[register_models.StayRow(organisation=one.union, since=one.since_on, until=one.until_on)
                     for one in kept.memberships(session(), kept.same_person(session(), row.id))],
        aid=_aid(kept.aid_of_person(session(), row.id, person()))))


def _aid(found: list[kept.Aid]) -> list[register_models.AidRow]:
    return [register_models.AidRow(
        programme=row.programme.text(lang()), value=row.value, who=row.who, on=row.on, status=row.status, amount=money(row.amount_fen) or "0.00",
        returned=money(row.returned_fen) or "0.00", item=row.item, quantity=row.quantity, number=row.number, application=row.case_id) for row in found]


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise Refused(one("DAY", "请写日期，例如 2026-01-01", "Give a date such as 2026-01-01", "on")) from None
