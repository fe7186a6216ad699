"""What a view of the API takes and gives, said where the view is; `description.py` reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Speech:
    takes: type[BaseModel] | None
    gives: type[BaseModel] | None
    status: int
    problems: tuple[int, ...]
    query: tuple[str, ...]
    upload: bool


def speaks(*, takes: type[BaseModel] | None = None, gives: type[BaseModel] | None = None, status: int = 200,
           problems: tuple[int, ...] = (), query: tuple[str, ...] = (), upload: bool = False) -> Callable[[View], View]:
    """Mark a view with its body, its answer, the problems it can answer and its query parameters."""

    def mark(view: View) -> View:
        view.speech = Speech(takes, gives, status, problems, query, upload)  # type: ignore[attr-defined]
        return view
    return mark
