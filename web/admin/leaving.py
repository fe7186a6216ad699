"""Somebody else's substitute, and handing over for who has left: the administrator's side of 代理 and 移交."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import exists, func, or_, select

from web import away, handing_over
from web.access import access, person
from web.db import now, session
from workflow import people
from workflow.errors import NotFound
from workflow.records import Absence, Account, Appointment, Person, Task

from . import blueprint, scope


@blueprint.get("/accounts/<int:account_id>/away")
@access("admin")
def absence(account_id: int) -> ResponseReturnValue:
    return _away(account_id, {})


@blueprint.post("/accounts/<int:account_id>/away")
@access("admin")
def arrange(account_id: int) -> ResponseReturnValue:
    _found, holder = scope.account(account_id)
    faults = away.arranged(holder.id)
    return _away(account_id, faults) if faults else redirect(url_for(".absence", account_id=account_id), 303)


@blueprint.post("/absences/<int:absence_id>/cancel")
@access("admin")
def cancel_absence(absence_id: int) -> ResponseReturnValue:
    row = session().get(Absence, absence_id)
    account = session().query(Account.id).filter(Account.person_id == row.person_id).scalar() if row else None
    if row is None or account is None:
        raise NotFound("absence")
    scope.account(account)
    people.cancel(session(), absence_id, person(), now())
    flash(_("代理已取消"))
    return redirect(url_for(".absence", account_id=account), 303)


@blueprint.get("/accounts/<int:account_id>/hand-over")
@access("admin")
def hand_over(account_id: int) -> ResponseReturnValue:
    return _hand_over(account_id, {})


@blueprint.post("/accounts/<int:account_id>/hand-over")
@access("admin")
def hand_over_now(account_id: int) -> ResponseReturnValue:
    _found, holder = scope.account(account_id)
    seq, faults = handing_over.handed_over(holder.id)
    return _hand_over(account_id, faults) if seq is None else redirect(url_for(".hand_over_receipt", account_id=account_id, seq=seq), 303)


@blueprint.get("/accounts/<int:account_id>/hand-over/<int:seq>")
@access("admin")
def hand_over_receipt(account_id: int, seq: int) -> ResponseReturnValue:
    _found, holder = scope.account(account_id)
    return handing_over.printed(holder.id, seq, url_for(".hand_over", account_id=account_id))


def left_behind(today: date) -> list[Any]:
    """Return (account id, name, tasks) of everybody who has work that is theirs alone and cannot do it any more."""
    in_post = (Appointment.role == Task.role) & (Appointment.organisation_id == Task.organisation_id)
    still = exists().where(
        Appointment.person_id == Task.person_id, Appointment.starts_on <= today, or_(Appointment.ends_on.is_(None), Appointment.ends_on >= today),
        or_(Task.owner_id.is_not(None), Task.kind == "consult", in_post))       # whoever is only asked needs any post
    return list(session().execute(
        select(Account.id, Person.name, func.count().label("tasks")).join(Person, Person.id == Account.person_id)
        .join(Task, Task.person_id == Person.id)
        .where(Task.status.in_(("open", "waiting")), Task.kind != "cc", Task.role.not_in(("applicant", "agent")), scope.theirs(),
               or_(Account.status == "disabled", ~still))
        .group_by(Account.id, Person.name).order_by(Person.name)))


def _away(account_id: int, faults: dict[str, str]) -> ResponseReturnValue:
    _found, holder = scope.account(account_id)
    page = render_template("account/away.html", base=f"/admin/accounts/{account_id}/away", cancel="/admin/absences/{}/cancel",
                           back=f"/admin/accounts/{account_id}", oneself=False, **away.parts(holder.id, faults))
    return page, 422 if faults else 200


def _hand_over(account_id: int, faults: dict[str, str]) -> ResponseReturnValue:
    _found, holder = scope.account(account_id)
    page = render_template("account/hand_over.html", base=f"/admin/accounts/{account_id}/hand-over", back=f"/admin/accounts/{account_id}",
                           oneself=False, **handing_over.parts(holder.id, faults))
    return page, 422 if faults else 200
