"""Accounts and posts: make, disable, give a one-time password, appoint and end an appointment.

A one-time password is shown once, on the page that answers the POST, and stored nowhere in clear. Which posts exclude each
other is judged by `people.appoint`; nobody appoints themselves.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from web import language
from web.access import access, person
from web.db import abandon, local, now, session, writing
from workflow import engine, people
from workflow.errors import NotFound, NotYours, Refused, one
from workflow.records import Account, Appointment, Organisation, Person, SignIn

from . import blueprint, scope

LIMIT = 50


@blueprint.get("/accounts")
@access("admin")
def accounts() -> ResponseReturnValue:
    wanted, after = request.args.get("q", "").strip(), request.args.get("after", "")
    role, organisation = request.args.get("role", ""), request.args.get("organisation", type=int)
    rows = select(Account, Person).join(Person, Person.id == Account.person_id).where(scope.theirs())
    if wanted:
        rows = rows.where(or_(Account.username.contains(wanted, autoescape=True), Person.name.contains(wanted, autoescape=True)))
    if after:
        rows = rows.where(Account.username > after)
    found = session().execute(rows.order_by(Account.username).limit(LIMIT + 1)).all()
    shown = found[:LIMIT]
    return render_template(
        "admin/accounts.html", rows=shown, q=wanted, next=shown[-1][0].username if len(found) > LIMIT else None,
        posts=_posts([person.id for _account, person in shown]), role=role,
        organisation=scope.organisation(organisation) if organisation else None)


@blueprint.get("/accounts/new")
@access("admin")
def new_account() -> ResponseReturnValue:
    return _form({}, {})


@blueprint.post("/accounts/new")
@access("admin")
def add_account() -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in ("name", "username", "phone", "union")}
    faults = {name: _("请填写") for name in ("name", "username") if not typed[name]}
    if faults:
        return _form(typed, faults)
    union_id = scope.organisation(int(typed["union"]) if typed["union"].isdecimal() else None).id
    actor = person()
    abandon()
    secret, hashed = _one_time()
    try:
        with writing() as own:
            holder = people.add_person(own, name=typed["name"], phone=typed["phone"] or None, union_id=union_id, actor=actor, now=now())
            account_id = people.add_account(own, person_id=holder.id, username=typed["username"], password_hash=hashed, actor=actor,
                                            now=now(), must_change=True).id
    except Refused as refused:
        return _form(typed, {(m.field or "username").rpartition(".")[2]: m.text(language.lang()) for m in refused.messages})
    return _shown_once(account_id, typed["name"], typed["username"], secret)


@blueprint.get("/accounts/<int:account_id>")
@access("admin")
def account(account_id: int) -> ResponseReturnValue:
    return _account_page(account_id, {})


@blueprint.post("/accounts/<int:account_id>/status")
@access("admin")
def set_status(account_id: int) -> ResponseReturnValue:
    """Disable an account, which ends its sessions at once, or make it usable again."""
    found, _person = scope.account(account_id)
    _not_oneself(found.person_id)
    if request.form.get("status") == "disabled":
        people.set_status(session(), found.id, "disabled", actor=person(), now=now())
        flash(_("账号已停用，登录已全部退出"))
    else:
        people.set_status(session(), found.id, "active", actor=person(), now=now())
        flash(_("账号已启用"))
    return redirect(url_for(".account", account_id=account_id), 303)


@blueprint.post("/accounts/<int:account_id>/reset")
@access("admin")
def reset_password(account_id: int) -> ResponseReturnValue:
    found, holder = scope.account(account_id)
    actor, username, name = person(), found.username, holder.name
    _not_oneself(found.person_id)
    abandon()
    secret, hashed = _one_time()
    with writing() as own:
        people.set_password(own, account_id, hashed, actor=actor, now=now(), must_change=True)
    return _shown_once(account_id, name, username, secret)


@blueprint.post("/accounts/<int:account_id>/appoint")
@access("admin")
def appoint(account_id: int) -> ResponseReturnValue:
    found, holder = scope.account(account_id)
    _not_oneself(found.person_id)
    typed = request.form
    organisation = scope.organisation(typed.get("organisation", type=int))
    try:
        people.appoint(session(), holder.id, typed.get("role", ""), organisation.id, _day(typed.get("starts_on")) or _today(),
                       _day(typed.get("ends_on")), actor=person(), now=now())
    except Refused as refused:
        return _account_page(account_id, {"role": _("；").join(m.text(language.lang()) for m in refused.messages)})
    # Roles decide what a session may do: it starts anew with the next sign-in.
    flash(_("已任命"))
    return redirect(url_for(".account", account_id=account_id), 303)


@blueprint.post("/appointments/<int:appointment_id>/end")
@access("admin")
def end_appointment(appointment_id: int) -> ResponseReturnValue:
    row = session().scalar(select(Appointment).join(Organisation, Organisation.id == Appointment.organisation_id)
                           .where(Appointment.id == appointment_id, scope.within()))
    account_id = session().scalar(select(Account.id).where(Account.person_id == row.person_id)) if row else None
    if row is None or account_id is None:
        raise NotFound("appointment")
    _not_oneself(row.person_id)
    people.end_appointment(session(), appointment_id, _day(request.form.get("ends_on")) or _today(), actor=person(), now=now())
    flash(_("任期已结束"))
    return redirect(url_for(".account", account_id=account_id), 303)


def _account_page(account_id: int, faults: dict[str, str]) -> ResponseReturnValue:
    found, holder = scope.account(account_id)
    today = _today()
    appointments = session().execute(
        select(Appointment, Organisation.name).join(Organisation, Organisation.id == Appointment.organisation_id)
        .where(Appointment.person_id == holder.id).order_by(Appointment.starts_on.desc(), Appointment.id.desc())).all()
    page = render_template(
        "admin/account.html", account=found, holder=holder, appointments=appointments, today=today, faults=faults,
        member_of=session().get(Organisation, holder.union_id) if holder.union_id else None, roles=people.ROLES,
        organisations=scope.organisations(), seen=session().scalar(select(func.max(SignIn.seen_at)).where(SignIn.account_id == account_id)),
        typed=request.form, oneself=holder.id == person().person_id, open_work=len(engine.open_work(session(), holder.id)))
    return page, 422 if faults else 200


def _form(typed: dict[str, str], faults: dict[str, str]) -> ResponseReturnValue:
    page = render_template("admin/account_new.html", typed=typed, faults=faults, organisations=scope.organisations())
    return page, 422 if faults else 200


def _shown_once(account_id: int, name: str, username: str, secret: str) -> ResponseReturnValue:
    # No redirect: the password would have to be kept somewhere on the way. Reloading makes a new one at worst.
    return render_template("admin/one_time.html", account_id=account_id, name=name, username=username, secret=secret), 201


def _posts(person_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Role and organisation of every post held today, by person."""
    posts: dict[str, list[tuple[str, str]]] = {}
    for row in session().execute(
            select(Appointment.person_id, Appointment.role, Organisation.name)
            .join(Organisation, Organisation.id == Appointment.organisation_id)
            .where(Appointment.person_id.in_(person_ids), Appointment.starts_on <= _today(),
                   or_(Appointment.ends_on.is_(None), Appointment.ends_on >= _today()))):
        posts.setdefault(row.person_id, []).append((row.role, row.name))
    return posts


def _one_time() -> tuple[str, str]:
    """A password that can be read out on the phone, and its hash. Slow on purpose, so outside any transaction."""
    secret = "-".join("".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _n in range(4)) for _group in range(3))
    return secret, people.hash_password(secret)


def _not_oneself(person_id: str) -> None:
    if person_id == person().person_id:
        raise NotYours(one("ONESELF", "不能给自己任免岗位、停用或重置账号，请另一位系统管理员办理",
                           "You cannot appoint, disable or reset yourself; ask another administrator"))


def _today() -> date:
    return local(now()).date()


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(one("BAD_DATE", "日期写成 2026-11-06 的样子", "Write dates like 2026-11-06")) from None
