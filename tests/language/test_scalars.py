"""YAML → plain values: nothing is guessed, and a hostile file costs no time."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from workflow.language import read
from workflow.language.scalars import parse

VALUES = {
    "true": True, "false": False, "": None, "null": None, "~": None, "0": 0, "12": 12, "-3": -3,
    "1.10": Decimal("1.10"), "-0.5": Decimal("-0.5"),
    "yes": "yes", "no": "no", "on": "on", "off": "off", "True": "True", "NULL": "NULL", "0755": "0755", "012345": "012345",
    "12:30": "12:30", "1_000": "1_000", "0x1F": "0x1F", "1e3": "1e3", ".5": ".5", "2026-07-01": "2026-07-01",
    "07-01": "07-01", "'12'": "12", '"true"': "true", "013800138000": "013800138000", ".inf": ".inf", "１２": "１２",
}


@pytest.mark.parametrize("written", VALUES)
def test_only_plain_numbers_flags_and_empty_are_converted(written: str) -> None:
    node, faults = parse(f"a: {written}\n", "x.yaml")
    assert faults == [] and node is not None
    value = node.plain()["a"]
    assert value == VALUES[written] and type(value) is type(VALUES[written])


def test_keys_stay_text() -> None:
    node, faults = parse("on: 1\n2: 2\ntrue: 3\n", "x.yaml")
    assert node is not None and node.plain() == {"on": 1, "2": 2, "true": 3} and faults == []


def test_every_value_and_key_knows_its_place() -> None:
    node, _ = parse("a:\n  - {b: 1, 名称: 二}\n", "x.yaml")
    assert node is not None
    mark = node.at("a", 0, "名称")
    assert (mark.line, mark.column) == (2, 16)
    assert node.key_at("a", 0, "名称").column == 12
    assert node.at("a", 0, "not there") == node.at("a", 0)


# Every one of these must be refused; the second part is the code.
HOSTILE = {
    "a bomb of aliases": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "YAML_ANCHOR"),
    "an object": ("a: !!python/object/apply:os.system [ls]\n", "YAML_TAG"),
    "a binary": ("a: !!binary aGk=\n", "YAML_TAG"),
    "a directive": ("%TAG ! tag:x,2000:\n---\na: 1\n", "YAML_TAG"),
    "a merge": ("a: {x: 1}\nb:\n  <<: {y: 1}\n", "YAML_MERGE"),
    "brackets": ("[" * 200_000, "YAML_DEPTH"),
    "braces": ("{a: " * 60_000, "YAML_DEPTH"),
    "dashes": ("- " * 100_000, "YAML_DEPTH"),
    "keys that are lists": ("? [a]\n: b\n", "YAML_KEY"),
    "question marks": ("? " * 100_000, "YAML_KEY"),
    "an empty key": ("'': 1\n", "YAML_KEY"),
    "a key twice": ("a: 1\na: 2\n", "YAML_DUPLICATE_KEY"),
    "two documents": ("a: 1\n---\nb: 2\n", "YAML_DOCUMENTS"),
    "too much": ("a: " + "x" * 300_000, "YAML_TOO_LARGE"),
    "too many values": ("[" + "a," * 60_000 + "a]", "YAML_TOO_LARGE"),
    "too many pairs": ("[" + "a: 1," * 40_000 + "a]", "YAML_TOO_LARGE"),
    "a number as long as a file": ("a: " + "1" * 200_000, "YAML_NUMBER"),
    "colons": ("a:" * 80_000, "YAML_SYNTAX"),
    "a quote left open": ('a: "' + "x" * 200_000, "YAML_SYNTAX"),
    "control characters": ("a: \x07\n", "YAML_SYNTAX"),
    "not UTF-8": (b"a: \xff\xfe\n", "YAML_ENCODING"),
    "UTF-16": ("a: 1\n".encode("utf-16"), "YAML_ENCODING"),
    "a lone surrogate": ("a: \ud800\n", "YAML_ENCODING"),
    "nothing": ("", "YAML_EMPTY"),
    "only comments": ("#" * 200_000, "YAML_EMPTY"),
}

HEAD = "schema: 1\nkey: a\nversion: 1\ntitle: a\ninitial: draft\n"
# Well-formed YAML that would be dear to check; refused too.
DEAR = {
    "thousands of unknown words": HEAD + "".join(f"k{i}: 1\n" for i in range(4000)),
    "hundreds of states": HEAD + "states:\n" + "".join(f"- {{name: s{i}, label: x}}\n" for i in range(900)),
    "lists that multiply": HEAD + "states: []\ntransitions:\n- {trigger: a, source: [" + "s," * 2000 + "], dest: ["
                           + "s," * 2000 + "]}\n",
    "results in one long circle": HEAD + "calc:\n" + "".join(f"  c{i}: calc.c{i + 1}\n" for i in range(2000)),
    "long expressions": HEAD + "calc:\n" + "".join(f"  c{i}: {'+'.join(['1'] * 190)}\n" for i in range(600)),
    "deep expressions": HEAD + "calc:\n" + "".join(f"  c{i}: {'(' * 900}1{')' * 900}\n" for i in range(130)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(name: str) -> None:
    text, code = HOSTILE[name]
    reading = read(text, "x.yaml")
    assert reading.definition is None
    assert code in [fault.code for fault in reading.faults]


@pytest.mark.parametrize("name", [*HOSTILE, *DEAR])
def test_a_hostile_file_costs_no_time(name: str) -> None:
    text = HOSTILE[name][0] if name in HOSTILE else DEAR[name]
    assert read(text, "x.yaml").definition is None
    best = min(_seconds(text) for _ in range(3))         # of our own thread: the machine may be busy with others
    assert best < (0.1 if name in HOSTILE else 0.4), best


def _seconds(text: str | bytes) -> float:
    start = time.thread_time()
    read(text, "x.yaml")
    return time.thread_time() - start


@pytest.mark.parametrize("text", ["a：1\n", "- a\n- b\n", "just text\n", "12\n"])
def test_what_is_no_mapping_is_refused_with_a_sentence(text: str) -> None:
    assert [fault.code for fault in read(text, "x.yaml").faults] == ["NOT_A_MAPPING"]
