"""Case numbers people quote: drawn in the case's own transaction, so none is skipped and none comes twice."""

from __future__ import annotations

import re

from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ..language.definition import Definition
from ..records import Counter

_PART = re.compile(r"\{(org\.code|org\.county|key|year|cycle|seq)(?::0(\d{1,2})d)?\}")
_counters = Counter.__table__


def draw(session: Session, definition: Definition, organisation_id: int, year: int, *, unit: str, county: str, cycle: str) -> str:
    """Return the next number of this organisation, programme and year, in the definition's pattern."""
    insert = (postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert)(_counters)
    seq = session.connection().execute(
        insert.values(organisation_id=bindparam("o"), definition_key=bindparam("k"), year=bindparam("y"), last=1)
        .on_conflict_do_update(index_elements=["organisation_id", "definition_key", "year"], set_={"last": _counters.c.last + 1})
        .returning(_counters.c.last), {"o": organisation_id, "k": definition.key, "y": year}).scalar_one()
    words = {"org.code": unit, "org.county": county, "key": definition.key, "year": str(year), "cycle": cycle}

    def fill(part: re.Match[str]) -> str:
        if part[1] == "seq":
            return str(seq).zfill(int(part[2] or 1))
        return words[part[1]]

    return _PART.sub(fill, definition.number)
