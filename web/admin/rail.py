"""A definition's main way as a row of dots, and its steps as a table: what officials read instead of a diagram."""

from __future__ import annotations

from dataclasses import dataclass

from workflow.language.definition import Definition, State

from ..wording import worded

STEP, LEFT, HEIGHT = 120, 60, 62


@dataclass(frozen=True)
class Dot:
    x: int
    label: str
    end: bool


@dataclass(frozen=True)
class Way:
    label: str
    dest: str
    condition: str


@dataclass(frozen=True)
class Row:
    state: State
    label: str
    who: str
    due: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Rail:
    dots: tuple[Dot, ...]
    rows: tuple[Row, ...]

    @property
    def width(self) -> int:
        return max(1, len(self.dots)) * STEP


def of(definition: Definition, lang: str) -> Rail:
    """The dots follow `progress`, or the states that do not end the case where a definition names none."""
    main = definition.progress or tuple(name for name, state in definition.states.items() if not state.final)
    dots = tuple(Dot(LEFT + n * STEP, definition.states[name].label.text(lang), definition.states[name].final)
                 for n, name in enumerate(main) if name in definition.states)
    return Rail(dots, tuple(_row(definition, state, lang) for state in definition.states.values()))


def _row(definition: Definition, state: State, lang: str) -> Row:
    ways = tuple(Way(way.label.text(lang), definition.states[way.dest].label.text(lang), worded(definition, way.when, lang) if way.when else "")
                 for way in definition.ways(state.name))
    rule = definition.actors.get(state.actor or "")
    who = "" if rule is None else (rule.who or rule.role or "")
    return Row(state, state.label.text(lang), who, str(state.due or ""), ways)
