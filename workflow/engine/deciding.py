"""What every decision leaves behind: the row in `decisions` and the sealed snapshot of the facts it rested on."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert
from sqlalchemy.orm import Session

from ..privacy import vault
from ..records import Decision
from ..statements import Prepared
from . import forms
from .dossier import Dossier

_decisions = Decision.__table__
_DECIDE = Prepared(insert(_decisions), tuple(_decisions.c.keys()))


def snapshot(dossier: Dossier, facts: Mapping[str, Any], form: Mapping[str, Any], figures: Mapping[str, Any],
             amount_fen: int | None) -> tuple[bytes, str]:
    """Return the facts as canonical JSON with a salt, so that their digest gives nothing away, and the digest."""
    held = orjson.dumps({
        "facts": {**facts, "form": forms.canonical(dossier.definition, form)}, "figures": figures, "amount_fen": amount_fen,
        "definition": dossier.row.definition_digest, "salt": secrets.token_hex(16)},
        option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return held, hashlib.sha256(held).hexdigest()


def decide(session: Session, connection: Connection, dossier: Dossier, seq: int, trigger: str, now: datetime, *,
           actor_id: str | None, role: str, organisation_id: int | None, amount_fen: int | None, held: tuple[bytes, str]) -> None:
    """Write the decision that event `seq` of the case tells about."""
    row = dossier.row
    _DECIDE(connection, {
        "case_id": row.id, "seq": seq, "state": row.state, "trigger": trigger, "actor_id": actor_id, "role": role,
        "organisation_id": organisation_id, "at": now, "amount_fen": amount_fen, "definition_digest": row.definition_digest,
        "snapshot": vault(session).seal("decisions.snapshot", f"{row.id}:{seq}", held[0]), "snapshot_digest": held[1]})
