"""Files of a case. They are judged by content and re-encoded; what the sender called them is kept as a name only."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from web.access import SIGNED_IN, access, person
from web.db import abandon, now, reading, writing
from workflow import engine
from workflow.errors import Refused, one
from workflow.records import Attachment

from . import blueprint, models
from .answers import answer
from .bodies import case_id, digest, idempotency_key
from .marks import speaks


@blueprint.post("/applications/<id>/attachments")
@access(SIGNED_IN)
@speaks(gives=models.AttachmentRow, status=201, problems=(403, 404, 413, 422), upload=True)
def attach(id: str) -> ResponseReturnValue:
    """Add one file: multipart `kind` and `file`."""
    kind, file, actor, key = request.form.get("kind", ""), request.files.get("file"), person(), idempotency_key()
    if not kind or file is None:
        raise Refused([*(() if kind else one("MISSING", "请写明材料种类 kind", "Say which kind of file this is", "kind")),
                       *(() if file else one("MISSING", "请附上文件 file", "Attach the file", "file"))])
    data, name = file.stream.read(), file.filename or kind
    abandon()                        # decoding a photo is too slow for the writer's lock
    with reading() as own:
        spec = engine.look(own, case_id(id), actor, now()).definition.attachments.get(kind)
        store = own.info["store"]
    clean = store.check(data, name, spec.accept) if spec else data
    with writing() as own:
        attached = engine.attach(own, id, kind, name, clean, actor, now(), idem_key=key,
                                 request_digest=digest(own, kind.encode(), data) if key else None)
        row = own.execute(select(Attachment.id, Attachment.kind, Attachment.sha256, Attachment.size)
                          .where(Attachment.id == attached)).one()
    return answer(models.AttachmentRow(id=row.id, kind=row.kind, sha256=row.sha256, size=row.size), 201)
