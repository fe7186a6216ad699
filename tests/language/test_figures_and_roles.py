"""Regional figures by day and region; roles and which exclude each other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from workflow.language import figures
from workflow.language.roles import clashes, roles

FILE = """\
figures: {dibao: {zh: 低保标准, en: Minimum living standard}, min_wage: 最低工资}
regions:
  default:
    - {from: 2020-01-01, dibao: 500, min_wage: 1500, source: 甲}
  "530000":
    - {from: 2020-01-01, dibao: 600, source: 乙}
  "539921":
    - {from: 2025-07-01, dibao: 780.50, source: 丙}
    - {from: 2026-07-01, dibao: 815, source: 丁}
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    path = tmp_path / "regions.yaml"
    path.write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(figures, "FIGURES", path)


@pytest.mark.parametrize(("region", "day", "dibao"), [
    ("539921", date(2026, 6, 30), "780.50"), ("539921", date(2026, 7, 1), "815"),
    ("539921", date(2024, 1, 1), "600"), ("539999", date(2026, 7, 1), "600"), ("110101", date(2026, 7, 1), "500"),
])
def test_the_nearest_region_and_the_latest_day_win(written, region: str, day: date, dibao: str) -> None:
    assert figures.figures(region, day)["dibao"] == Decimal(dibao)
    assert figures.figures(region, day)["min_wage"] == Decimal(1500)


def test_a_figure_that_has_not_begun_is_missing(written) -> None:
    assert figures.figures("539921", date(2019, 12, 31)) == {}


def test_a_row_without_source_or_with_an_unknown_figure_is_a_fault() -> None:
    for row in ("{from: 2020-01-01, dibao: 1}", "{from: 2020-01-01, dibau: 1, source: x}", "{dibao: 1, source: x}"):
        text = f"figures: {{dibao: 低保}}\nregions:\n  default:\n    - {row}\n"
        assert [(fault.code, fault.line) for fault in figures.read_figures(text, "x")[2]] == [("BAD_FIGURE", 4)]


def test_the_shipped_figures_have_a_default_and_the_demo_county() -> None:
    assert {"dibao", "low_income_line", "min_wage"} <= figures.names()
    assert figures.figures("539921", date(2026, 8, 1))["dibao"] != figures.figures("", date(2026, 8, 1))["dibao"]


def test_the_roles_of_the_contract_are_there_with_labels() -> None:
    wanted = "applicant agent grassroots township county_handler county_leader county_committee finance cashier auditor " \
             "admin external".split()
    assert set(wanted) <= set(roles())
    assert all(role.label.zh and role.label.en for role in roles().values())


def test_who_audits_or_administers_decides_nothing() -> None:
    for role in roles().values():
        if role.decides:
            assert clashes(["auditor", role.name]) and clashes(["admin", role.name]), role.name
    assert clashes(["auditor", "admin"]) and clashes(["finance", "cashier"])
    assert clashes(["applicant", "grassroots", "township"]) == ()
