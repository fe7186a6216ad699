"""A programme on the desk while it is being read: what it says, where, what its expressions are, what is wrong.

Expansion and the checks share one sheet, so that an expression is compiled once and every fault finds its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from . import expressions, graph
from .definition import Definition
from .expressions import Expr, ExpressionFault
from .faults import Fault, Mark, Severity, fault
from .kinds import Kind, Names
from .schema import Programme
from .schema_flow import StateWords, TransitionWords
from .structure import Path, Structure

MAX_CHARACTERS = 40_000              # of all expressions together: ten times the largest programme


@dataclass(frozen=True, slots=True)
class Way:
    """One way on: the transition as written, at `place` in the file's list, from one source to one dest."""

    place: int
    words: TransitionWords
    source: str
    dest: str

    @property
    def trigger(self) -> str:
        return self.words.trigger

    @property
    def chosen(self) -> bool:
        return len(self.words.dest) > 1 or self.words.trigger == "return_to"


@dataclass(slots=True)
class Sheet:
    """`exprs` has every compiled expression under the path where it was written; `readable` says whether the graph of
    states is what was meant, or a misread name in it would be reported again as ten other faults."""

    programme: Programme
    structure: Structure
    names: Names
    faults: list[Fault] = field(default_factory=list)
    exprs: dict[Path, Expr] = field(default_factory=dict)
    definition: Definition | None = None
    readable: bool = True
    _characters: int = 0
    _fillable: dict[str, set[str]] = field(default_factory=dict)
    _states: dict[str, StateWords] = field(default_factory=dict)

    # --- faults ------------------------------------------------------------------------------------

    def error(self, path: Path, code: str, zh: str, en: str, *, key: bool = False) -> None:
        self.tell(path, code, zh, en, "error", key=key)

    def warn(self, path: Path, code: str, zh: str, en: str, *, key: bool = False) -> None:
        self.tell(path, code, zh, en, "warning", key=key)

    def tell(self, path: Path, code: str, zh: str, en: str, severity: Severity, *, key: bool = False) -> None:
        root = self.structure.root
        self.faults.append(fault(root.key_at(*path) if key else root.at(*path), code, zh, en, severity))

    # --- expressions -------------------------------------------------------------------------------

    def compile(self, path: Path, source: str, want: Kind | None = None, names: Names | None = None) -> Expr | None:
        """Return the expression written at `path`, or None after telling every fault of it."""
        known = self.names if names is None else names
        self._characters += len(source)
        if self._characters > MAX_CHARACTERS:
            if self._characters - len(source) <= MAX_CHARACTERS:
                self.error(path, "EXPR_TOO_MUCH", f"表达式加起来超过 {MAX_CHARACTERS} 个字符",
                           f"The expressions together have more than {MAX_CHARACTERS} characters")
            return None
        try:
            expr = expressions.compile_expression(source, known)
        except ExpressionFault:
            for one in expressions.faults(source, known):
                self._expression_fault(path, one)
            return None
        if want is not None and expr.kind not in (want, Kind.ANY, Kind.NONE):
            self.error(path, "EXPR_TYPE", f"这里要得出{want.zh}，表达式得出的是{expr.kind.zh}",
                       f"This must give {want.en}, but gives {expr.kind.en}")
            return None
        self.exprs[path] = expr
        return expr

    def _expression_fault(self, path: Path, one: ExpressionFault) -> None:
        node = self.structure.root.get(*path)
        mark = self.structure.root.at(*path)
        if node is not None and node.inner is not None:
            mark = Mark(mark.file, mark.line, mark.column + node.inner + one.offset)
        self.faults.append(fault(mark, one.code, one.message_zh, one.message_en))

    # --- states and ways ---------------------------------------------------------------------------

    @property
    def states(self) -> Mapping[str, StateWords]:
        """The states by name; of two with the same name the first counts."""
        if not self._states:
            for state in self.programme.states:
                self._states.setdefault(state.name, state)
        return self._states

    def state_path(self, name: str) -> Path:
        for place, state in enumerate(self.programme.states):
            if state.name == name:
                return ("states", place)
        return ("states",)

    def ways(self) -> Iterator[Way]:
        """Yield every way on, in the file's order; names are not checked here."""
        for place, words in enumerate(self.programme.transitions):
            for source in words.source:
                for dest in words.dest:
                    yield Way(place, words, source, dest)

    def leads(self, ways: Iterable[Way] | None = None) -> dict[str, set[str]]:
        pairs = ((way.source, way.dest) for way in (self.ways() if ways is None else ways))
        return graph.edges(pairs, self.states)

    def may_name_state(self, name: str) -> bool:
        return name in self.states or f"states.{name}" in self.structure.set_aside

    # --- what a step may touch ---------------------------------------------------------------------

    def members(self, group: str) -> list[str]:
        """Return the full names of all fields (`form`) or attachment kinds (`attachments`)."""
        declared: Iterable[str] = self.programme.form if group == "form" else self.programme.attachments
        return [f"{group}.{name}" for name in declared]

    def files(self) -> dict[str, str]:
        """Return the questions of type `file`, by the name of the kind of attachment that each of them is."""
        return {f"form.{name}": f"attachments.{name}" for name, one in self.programme.form.items() if one.type == "file"}

    def spread(self, names: Iterable[str]) -> list[str]:
        """Return the names with `form.*` and `attachments.*` written out; unknown ones are left out.

        A question of type `file` is named as the kind of attachment that it is: nothing behind this knows another.
        """
        files = self.files()
        known = {*self.members("form"), *self.members("attachments"), *files.values()}
        found: list[str] = []
        for name in names:
            group = name.removesuffix(".*")
            found.extend(self.members(group) if group in ("form", "attachments") else [name] if name in known else [])
        return list(dict.fromkeys(files.get(name, name) for name in found))

    def hidden(self, state: StateWords) -> list[str]:
        return self.spread(state.hide)

    def editable(self, state: StateWords) -> list[str]:
        """Return what may be filled in here; what the step hides is not."""
        hidden = set(self.hidden(state))
        return [name for name in self.spread(state.edit) if name not in hidden]

    def fillable(self, name: str) -> set[str]:
        """Return what somebody can have filled in when a case leaves `name` for the first time.

        A way back to `name` does not count: a guard that waits for what only a later step fills in never opens.
        """
        if name not in self._fillable:
            leads = self.leads()
            first = graph.reachable(leads, [self.programme.initial], avoid={name})
            before = first & graph.reachable(graph.backwards(leads), [name]) | {name}
            self._fillable[name] = {item for other in before for item in self.editable(self.states[other])}
        return self._fillable[name]
