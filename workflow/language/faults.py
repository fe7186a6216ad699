"""What is wrong with a file, where, and in which words.

A fault is a value: reading a definition collects all of them in one pass instead of stopping at the first, because an
officer who mends a file wants the whole list.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines and columns count from 1, columns in characters."""

    file: str
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `code` never changes once released; the sentences may."""

    file: str
    line: int
    column: int
    code: str
    severity: Severity
    zh: str
    en: str

    def text(self, lang: str = "zh") -> str:
        return self.en if lang == "en" else self.zh

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.zh}"


def fault(mark: Mark, code: str, zh: str, en: str, severity: Severity = "error") -> Fault:
    return Fault(mark.file, mark.line, mark.column, code, severity, zh, en)


def in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return the faults by file and place, each once; the file that was read first stays first."""
    once = list(dict.fromkeys(faults))
    files = {name: place for place, name in enumerate(dict.fromkeys(item.file for item in once))}
    return tuple(sorted(once, key=lambda item: (files[item.file], item.line, item.column)))


def did_you_mean(word: str, known: Iterable[str]) -> tuple[str, str]:
    """Return the ends of the Chinese and the English sentence: the nearest known word, or a short list of all."""
    words = sorted(set(known))
    if (near := nearest(word, words)) is not None:
        return f"，是否想写“{near}”？", f"; did you mean '{near}'?"
    if words and len(words) <= 16:
        return f"，可以写：{'、'.join(words)}", f"; known: {', '.join(words)}"
    return "", ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, if one is near enough."""
    near = difflib.get_close_matches(word[:80], list(known), 1, cutoff=0.6)
    return near[0] if near else None
