"""代办: an officer looks up a worker of their own union and starts an application on their behalf."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import or_, select

from workflow import programmes, queries
from workflow.engine.start import AGENTS
from workflow.errors import NotFound, NotYours, one
from workflow.language.fields import mask
from workflow.privacy import vault
from workflow.records import Organisation, Person

from ..access import access, person
from ..db import local, now, session
from .room import blueprint

MOST = 20


@blueprint.route("/programmes/<key>/for", methods=["GET", "POST"])
@access(*sorted(AGENTS))
def choose(key: str) -> ResponseReturnValue:
    """Find the worker. The search is a POST that changes nothing, because numbers do not belong into addresses."""
    definition = programmes.in_force(session(), key, local(now()).date())
    if not (definition.apply_agent or definition.apply_who == "officer"):
        raise NotYours(one("NO_AGENT_HERE", "本项目须由职工本人申请，不能代办", "Workers apply for this programme themselves"))
    text = request.form.get("q", "").strip()[:60]
    fault = _("请输入职工的姓名、会员号、身份证号或手机号") if request.method == "POST" and not text else ""
    found = _found(text) if text else []
    return render_template("apply/agent.html", definition=definition, q=text, fault=fault, found=found[:MOST], many=len(found) > MOST)


def _found(text: str) -> list[Any]:
    me, box = person(), vault(session())
    places = [Organisation.path.like(post.path + "%") for post in me.posts if post.role in AGENTS]
    if not places:
        raise NotFound("person")
    kind = queries.identity_kind(text)
    conditions: list[Any] = [Person.member_no == text]
    if kind == "idcard":
        conditions.append(Person.id_no_index == box.blind("idcard", text))
    elif kind == "phone":
        conditions.append(Person.phone_index == box.blind("phone", text))
    elif kind is None and len(text) >= 1:
        conditions.append(Person.name.startswith(text, autoescape=True))
    rows = session().execute(
        select(Person, Organisation.name).join(Organisation, Organisation.id == Person.union_id)
        .where(or_(*places), or_(*conditions), Person.id != me.person_id).order_by(Person.name, Person.id).limit(MOST + 1))
    return [(one_, unit, mask("idcard", box.open("people.id_no", one_.id, one_.id_no_sealed).decode()) if one_.id_no_sealed else "")
            for one_, unit in rows]
