"""Figures that the county has entered itself: by one officer, from a document, confirmed by another; one waits, one was declined."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from workflow import figures

from .calendar_days import ZONE, back
from .register import Register


def told(session: Session, register: Register, today: date) -> Iterator[datetime]:
    """Yield the times at which figures are entered and decided."""
    handler, leader, county = register.known["handler"], register.known["leader"], register.county.county.id
    year, spring = today.year, back(date(today.year, 1, 1) if today.month > 2 else date(today.year - 1, 1, 1), 0)
    july = date(year, 7, 1) if today > date(year, 7, 20) else date(year - 1, 7, 1)
    coming = date(year + 1, 1, 1)
    # Day of entry, kind, programme, name, value, from, document, and how it was decided.
    rows: tuple[tuple[date, str, str, str, str, date, str, str, bool | None], ...] = (
        (back(spring, 4), "param", "living_aid", "meeting_over", "5000", spring, "关于生活救助集体研究线的会议纪要", f"云岭工纪〔{spring.year - 1}〕12号", True),
        (back(july, 9), "region", "", "dibao", {2025: "780", 2026: "815"}.get(july.year, "850"), july, "关于调整城乡居民最低生活保障标准的通知",
         f"云岭民发〔{july.year}〕16号", True),
        (back(july, 9), "region", "", "living_cost", "1160", july, "城镇居民基本生活费用支出标准", f"云江统字〔{july.year}〕9号", True),
        (back(july, 8), "region", "", "min_wage", "18400", july, "关于调整最低工资标准的通知", f"云江人社发〔{july.year}〕30号", False),
        (back(today, 6), "region", "", "dibao", "850", coming, "关于提高最低生活保障标准的通知", f"云岭民发〔{year}〕41号", True),
        (back(today, 2), "region", "", "medical_cap_relative", "18000", coming, "困难职工帮扶救助标准（修订）", f"云岭工字〔{year}〕38号", None),
    )
    for place, (day, kind, key, name, value, from_on, title, document, confirmed) in enumerate(sorted(rows, key=lambda row: row[0])):
        yield (at := datetime.combine(day, time(9, 20), ZONE) + timedelta(minutes=20 * place))
        figure = figures.propose(session, county, kind, name, value, from_on, title, document, handler, at, key=key)
        if confirmed is not None:
            (figures.confirm if confirmed else figures.decline)(session, figure, leader, at + timedelta(minutes=15))
