"""Goods in the store: items, what was bought for the visits, a purchase and a stock-take that wait for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workflow import goods
from workflow.records import Pool

from .calendar_days import ZONE, back
from .places import COUNTY_CODE
from .register import Register

RICE, OIL, TEA, TOWEL = "dami-5kg", "oil-5l", "herbal-tea", "towel"
# Code, name, unit, specification, yuan.
_ITEMS = ((RICE, "大米", "袋", "5 kg 装", "32.50"), (OIL, "菜籽油", "桶", "5 L 装", "68.00"),
          (TEA, "凉茶", "箱", "24 罐", "54.00"), (TOWEL, "毛巾", "条", "纯棉", "12.00"), ("quilt", "棉被", "床", "4 kg", "128.00"))


class Store:
    """What stories of visits buy, by the code of the item."""

    def __init__(self, session: Session, register: Register) -> None:
        self.session, self.register = session, register
        self.items: dict[str, int] = {}

    def told(self, founded: datetime, today: date) -> Iterator[datetime]:
        """Add the items; at the end leave a purchase and a stock-take to be confirmed."""
        yield founded
        for code, name, unit, spec, price in _ITEMS:
            self.items[code] = goods.add(self.session, self.register.county.county.id, code, name, unit, spec, price, self.register.known["handler"], founded)
        yield (at := datetime.combine(back(today, 14), time(10, 30), ZONE))
        self.buy("quilt", 40, "128.00", "云江纺织品有限公司", at, year=at.year)
        yield (at := datetime.combine(back(today, 2), time(14, 20), ZONE))
        handler = self.register.known["handler"]
        goods.purchase(self.session, self.items[RICE], "60", "32.50", "云岭粮油有限公司", f"{at:%Y}0412", None, "两节慰问备货", handler, at)
        goods.count(self.session, self.items["quilt"], "39", "年终盘点，一床受潮报损", handler, at)

    def buy(self, code: str, quantity: int, price: str, supplier: str, at: datetime, *, year: int) -> None:
        """Enter a purchase that the accountant confirms, paid from the union's own money."""
        key = f"{COUNTY_CODE}/{year}/holiday_visit@own_union"
        pool = self.session.scalars(select(Pool.id).where(Pool.key == key)).first()
        move = goods.purchase(self.session, self.items[code], str(quantity), price, supplier, f"{at:%m%d}{quantity:04d}", pool, "慰问品统一采购",
                              self.register.known["handler"], at, year=year)
        goods.confirm(self.session, move, self.register.known["finance"], at + timedelta(hours=2))
