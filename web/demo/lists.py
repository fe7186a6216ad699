"""Lists that came as sheets: one of members, imported; one of old files, looked over and full of faults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from workflow import imports

from .calendar_days import ZONE, back
from .invention import card_number, id_number
from .register import Register

_MEMBERS = ("和永胜", "木春兰", "段家福", "杨丽仙", "罗开明", "李秀珍", "赵正华", "王桂香", "张文斌", "马世雄", "普小芬", "白建平")
_UNIONS = ("货车司机行业联合工会", "快递行业联合工会", "城关餐饮行业联合工会")


def told(session: Session, register: Register, today: date) -> Iterator[datetime]:
    """Yield the times at which sheets are looked over and imported."""
    handler, place = register.known["handler"], register.county.county.id

    def looked_over(kind: str, name: str, rows: list[str], at: datetime) -> str:
        session.flush()
        data = "\n".join(rows).encode()
        sheet = imports.read(data, imports.KINDS[kind].columns, at.astimezone(ZONE).date())
        return imports.keep(session, imports.look_over(session, kind, sheet, data, name, place, handler, at))

    yield (at := datetime.combine(back(today, 15), time(10, 10), ZONE))
    rows = ["姓名,身份证号,手机号,银行卡号,所属工会,会员号,入会日期"]
    for order, name in enumerate(_MEMBERS):
        born = date(1975 + order * 2, 3, 1) + timedelta(days=order * 17)
        rows.append(f"{name},{id_number(born, 400 + order, 'male' if order % 2 == 0 else 'female')},1990002{order:04d},{card_number(8000 + order)},{_UNIONS[order % 3]},"
                    f"YL{at.year}9{order:03d},{at.year}-01-08")
    rows += ["段小明,53992119900101201X,19900020099,,货车司机行业联合工会,,", f"木永强,{id_number(date(1988, 5, 1), 431, 'male')},19900020098,,云海物流工会,,"]
    done = looked_over("people", f"{at.year}年新入会会员名册.csv", rows, at)
    imports.confirm(session, done, handler, at + timedelta(minutes=6))
    while imports.carry_on(session, done, handler, at + timedelta(minutes=7)):
        pass
    yield (at := datetime.combine(back(today, 1), time(11, 25), ZONE))
    one, other = id_number(date(1970, 2, 3), 441, "male"), id_number(date(1972, 8, 9), 442, "female")
    looked_over("files", "旧系统困难职工档案导出.csv", [
        "档案编号,姓名,身份证号,与户主关系,所属工会,困难类别,建档日期,家庭人口,家庭月人均收入",
        f"YLKN-0117,和国柱,{one},户主,水泥厂工会,低保户,2021-04-12,2,380", f"YLKN-0117,李桂英,{other},妻子,,,,,",
        f"YLKN-0121,杨正才,{id_number(date(1968, 6, 6), 443, 'male')},户主,食品厂工会,低保边缘户,2021-09-01,1,610",
        f"YLKN-0130,罗秀兰,{id_number(date(1976, 1, 9), 444, 'female')[:-1]}Q,户主,纺织厂工会,深度,2022-03-15,3,520",
        f"YLKN-0131,段永福,{id_number(date(1969, 3, 2), 445, 'male')},户主,没有登记的工会,相对,2022-13-40,4,910"], at)
