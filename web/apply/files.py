"""Files of a case: adding one, and showing one to whoever may see the case.

What people sent is never shown as a page of ours: pictures alone are shown in place, in a sandbox, all else is downloaded.
"""

from __future__ import annotations

from io import BytesIO
from urllib.parse import quote

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from PIL import Image
from sqlalchemy import select

from workflow import engine
from workflow.attachments import Store
from workflow.errors import NotFound, Refused
from workflow.records import Attachment

from ..access import SIGNED_IN, access, person
from ..db import now, session
from .form import overtaken
from .room import blueprint
from .saving import Overtaken, save
from .steps import anchor, step_with, steps_of, whole

THUMB = 320                          # pixels of the longer side


@blueprint.post("/cases/<case_id>/files")
@access("applicant")
def add(case_id: str) -> ResponseReturnValue:
    """Take files of one or several kinds (`file.<kind>`) without touching the form."""
    try:
        saved = save(case_id, whole)
    except Overtaken as late:
        return overtaken(case_id, late.typed)
    if saved.refused:
        raise Refused([message for messages in saved.refused.values() for message in messages])
    name = next((f"attachments.{key[5:]}" for key in request.files if key.startswith("file.")), None)
    step = step_with(steps_of(saved.view), name)
    where = {"number": step.number, "_anchor": anchor(name or "")} if step else {}
    return redirect(url_for(".step" if step else ".tasks", case_id=case_id, **where), 303)


@blueprint.get("/files/<attachment_id>")
@access(SIGNED_IN)
def show(attachment_id: str) -> ResponseReturnValue:
    """Answer with the file; `?thumb=1` with a small picture, `?download=1` as a download. `NotFound` outside the scope."""
    case_id = session().scalar(select(Attachment.case_id).where(Attachment.id == attachment_id))
    if case_id is None:
        raise NotFound("attachment")
    view = engine.look(session(), case_id, person(), now())
    row = next((row for row in view.attachments if row.id == attachment_id), None)
    if row is None:
        raise NotFound("attachment")
    store: Store = session().info["store"]
    data, media_type = store.get(row.stored_as), row.media_type
    picture = media_type.startswith("image/")
    if picture and "thumb" in request.args:
        data, media_type = _small(data), "image/jpeg"
    response = Response(data, content_type=media_type)
    way = "inline" if picture and "download" not in request.args else "attachment"
    response.headers["Content-Disposition"] = disposition(way, row.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def disposition(way: str, name: str) -> str:
    """RFC 6266: the name in UTF-8, and for old programs one in ASCII."""
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\%' else "_" for one in name)
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _small(data: bytes) -> bytes:
    with Image.open(BytesIO(data)) as picture:
        picture.draft("RGB", (THUMB, THUMB))
        small = picture.convert("RGB")
        small.thumbnail((THUMB, THUMB))
        out = BytesIO()
        small.save(out, "JPEG", quality=75)
        return out.getvalue()
