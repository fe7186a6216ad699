"""The query code of a case, and the picture that leads a phone to its public progress page."""

from __future__ import annotations

import segno
from flask import current_app, request, url_for

from workflow.engine import CaseView
from workflow.privacy import vault

from ..db import session


def code(case_id: str) -> str:
    """The 8 digits that, with the number, open the public progress page. Known to the applicant only."""
    return vault(session()).code(case_id)


def address(view: CaseView) -> str:
    """Where the number and the code are entered; neither stands in the address of the page that answers."""
    return _base() + url_for("public.ask")


def qr(view: CaseView) -> str:
    """A QR code as a data: picture for <img>: the public page with the number and the code filled in."""
    where = f"{_base()}{url_for('public.ask', number=view.row.number, code=code(view.row.id))}"
    return str(segno.make(where, error="m", micro=False).svg_data_uri(border=1, scale=4, dark="#1d2730"))


def qr_number(view: CaseView) -> str:
    """The same for paper that others see: only the number, the code has to be known."""
    where = f"{_base()}{url_for('public.ask', number=view.row.number)}"
    return str(segno.make(where, error="m", micro=False).svg_data_uri(border=0, scale=4))


def _base() -> str:
    return str(current_app.config["ORIGIN"] or request.host_url).rstrip("/")
