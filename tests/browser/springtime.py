"""What a county has before its holiday visits begin: the programme, the money, and a second accountant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from tests.browser.exchange import actor
from tests.goods.giving import CARDS, valid
from web.demo import PASSWORD
from workflow import money, people, programmes, spreadsheets
from workflow.actors import COMMAND
from workflow.db import writing

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
JANUARY = datetime(2027, 1, 11, 2, tzinfo=UTC)       # within the 60 days before the Spring Festival, 10:00 in the office
COLUMNS = ("单位", "姓名", "身份证号", "类别", "慰问金（元）", "银行卡号", "开户行", "物品编码", "数量", "慰问品折价（元）")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A row of the list: whom, how much, to which card, and how many bags of rice."""

    name: str
    id_no: str
    money: str = ""
    card: str = ""
    bags: int = 0

    def cells(self) -> list[Any]:
        return ["二建公司工会", self.name, self.id_no, "在档困难职工", self.money, self.card, "农信社" if self.money else "",
                "rice-10kg" if self.bags else "", str(self.bags or ""), f"{self.bags * 58.5:.2f}" if self.bags else ""]


YANG, MU, HE, DUAN = (Somebody("杨丽华", valid("533221199003070021"), "1000", CARDS[0], 2), Somebody("木建军", valid("533221198511230045"), "500", CARDS[1], 2),
                      Somebody("和秀英", valid("533221197801150068"), bags=1), Somebody("段雪梅", valid("533221198206160029"), "800", CARDS[2]))



def workbook(name: str, rows: list[Somebody]) -> dict[str, Any]:
    """What a unit sends: the headings of the template, a row a person."""
    data = spreadsheets.workbook(COLUMNS, [one.cells() for one in rows], [16] * len(COLUMNS), "名单")
    return {"name": name, "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "buffer": data}


def prepare(sessions: sessionmaker[Session], now: datetime) -> None:
    """Release the programme, put 3,000 yuan into its pool, and appoint whoever checks what the first accountant made ready."""
    with writing(sessions) as session:
        path = DEFINITIONS / "holiday_visit.v1.yaml"
        programmes.publish(session, path.read_text(encoding="utf-8"), path.name, COMMAND, now, flows=DEFINITIONS / "flows")
        place = next(post.organisation_id for post in actor(session, "finance", now).posts if post.role == "finance")
        money.open_pool(session, f"YL/{now.year}/holiday_visit@own_union", 300_000, COMMAND, now)
        colleague = people.add_person(session, now, COMMAND, "何洁", union_id=place)
        people.add_account(session, colleague.id, "finance2", people.hash_password(PASSWORD), actor=COMMAND, now=now)
        people.appoint(session, colleague.id, "finance", place, date(2020, 1, 1), None, actor=COMMAND, now=now)
