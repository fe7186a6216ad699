"""Is everything still as it was recorded? Verification of the whole system, and the seals to compare it with."""

from __future__ import annotations

from time import monotonic

from flask import Response, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workflow import engine, history, queries
from workflow.errors import NotFound
from workflow.history import Findings
from workflow.records import Seal

from .. import language
from ..access import access, person
from ..db import abandon, now, reading, session, writing
from .room import blueprint


@blueprint.get("/verify")
@access("auditor")
def verify() -> ResponseReturnValue:
    return render_template("audit/verify.html", findings=None, seals=queries.seals(session(), 1), unsealed=queries.unsealed(session()))


@blueprint.post("/verify")
@access("auditor")
def verify_now() -> ResponseReturnValue:
    """Go through every history, every seal, and one kept outside where it is given. Answers with what was found."""
    note = request.form.get("seal", "").strip()
    actor, at = person(), now()
    findings, seconds = _verified((note + "\n",) if note else ())
    with writing() as own:
        history.append_to(own, f"account:{actor.account_id}", kind="verify", at=at, actor=actor, role="auditor",
                          extra={"events": findings.events, "findings": len(findings.items), "root": findings.root.hex()})
    return render_template("audit/verify.html", findings=findings, seconds=seconds, compared=bool(note), seals=[], unsealed=0)


@blueprint.post("/cases/<case_id>/verify")
@access("auditor")
def verify_case(case_id: str) -> ResponseReturnValue:
    """The same for the pages of one case: what was found about it, or about the log as a whole."""
    actor, at = person(), now()
    engine.look(session(), case_id, actor, at)
    findings, seconds = _verified(())
    about = [item for item in findings if item.stream in (case_id, None)]
    with writing() as own:
        engine.record(own, case_id, "verify", actor, at, {"findings": len(about), "root": findings.root.hex()})
    for item in about[:10]:
        flash(item.text(language.lang()), "bad")
    if not about:
        flash(_("已逐条核对全部 %(events)s 条记录，用时 %(seconds)s 秒：本件没有问题", events=findings.events, seconds=f"{seconds:.1f}"))
    return redirect(f"/audit/cases/{case_id}", 303)


def _verified(notes: tuple[str, ...]) -> tuple[Findings, float]:
    """Verify outside the transaction of the request: it takes seconds, and nobody is to wait for it."""
    abandon()
    started = monotonic()
    with reading() as own:
        findings = history.verify(own, seal_notes=notes)
    return findings, monotonic() - started


@blueprint.get("/seals")
@access("auditor")
def seals() -> ResponseReturnValue:
    return render_template("audit/seals.html", seals=queries.seals(session()), unsealed=queries.unsealed(session()))


@blueprint.get("/seals/<int:size>/note")
@access("auditor")
def note(size: int) -> ResponseReturnValue:
    """The signed text itself, to be kept where nobody of this office can change it."""
    seal = session().get(Seal, size)
    if seal is None:
        raise NotFound("seal")
    return Response(seal.note, content_type="text/plain; charset=utf-8",
                    headers={"Content-Disposition": f'attachment; filename="seal-{size}.txt"'})
