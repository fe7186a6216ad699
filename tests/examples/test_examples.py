"""The two definitions of the design folder, as they stand there: free of faults, published, and true to their golden cases."""

from pathlib import Path

import pytest

from workflow import golden
from workflow.language import read_path

SHARED = Path(__file__).resolve().parents[3] / "shared" / "examples"
NAMES = ("student_aid.v3", "medical_mutual.v1")


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_fault_and_no_word_for_later(name: str) -> None:
    reading = read_path(SHARED / f"{name}.yaml")
    assert [str(fault) for fault in reading.faults] == []
    assert reading.definition is not None


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_cases_of_an_example_come_true(name: str) -> None:
    definition = read_path(SHARED / f"{name}.yaml").definition
    assert definition is not None
    cases = Path(__file__).with_name(f"{name}.cases.yaml")
    assert cases.read_text(encoding="utf-8").count("- name:") >= 10
    assert [str(miss) for miss in golden.run_file(definition, cases, cases.name)] == []
