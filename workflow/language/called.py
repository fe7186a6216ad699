"""What whoever applies is called in lists, on sheets and on the wall: a union by its name, a person with one sign hidden."""

from __future__ import annotations

from .definition import Definition
from .identity import mask


def called(definition: Definition, person: str, union: str) -> str:
    """Return the name to be shown to many. A union's name is public and is never masked."""
    return union if definition.apply_who == "organisation" else mask("name", person)


def whole_name(definition: Definition, person: str, union: str) -> str:
    """Return the name as it stands on the applicant's own pages and on paper."""
    return union if definition.apply_who == "organisation" else person
