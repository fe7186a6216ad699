"""The committed JSON Schema is the vocabulary of the code."""

from __future__ import annotations

import json
from pathlib import Path

from workflow.language.schema import json_schema_text

SCHEMA = Path(__file__).parents[2] / "definitions" / "schema.json"


def test_the_schema_for_editors_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == json_schema_text(), "run: python -m workflow.language > definitions/schema.json"


def test_the_schema_knows_every_word_of_the_top_level() -> None:
    words = set(json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"])
    assert words >= set("""schema key version title summary number basis effective apply beneficiary intake cycle unique
        requires_file excludes value measure params tables form attachments calc criteria caps lines amount budget
        sources actors separation defaults states transitions operations progress versioning retention extends
        initial""".split())
