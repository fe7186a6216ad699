"""Names and numbers of people who do not exist. Every number passes its check and none can be anybody's.

Identity numbers carry the region 5399 21, which is not assigned; phones lie in 199 0000 xxxx; the first digits of the
cards belong to no bank.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from .places import REGION

_SURNAMES = ("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
             "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文")
_MEN = "伟强磊军洋勇杰涛明超刚平辉鹏华飞斌波宇浩凯俊峰鑫亮成龙建国志文海林永康东升祥荣贵发"
_WOMEN = "芳娜敏静丽艳娟霞秀玲桂兰燕萍红英梅琴洁云莲凤珍雪慧莉颖佳怡春香月桃琼仙"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Invented:
    """One made-up person."""

    name: str
    gender: str
    born_on: date
    id_no: str
    phone: str
    bank_card: str


class Inventor:
    """Makes up people, no two with the same name or number. Seeded: the same people every time."""

    def __init__(self, dice: random.Random, taken: frozenset[str]) -> None:
        self._dice, self._names, self._count = dice, set(taken), 0

    def person(self, oldest: int, youngest: int, *, name: str | None = None, gender: str | None = None) -> Invented:
        """Return somebody born in the years from `oldest` to `youngest`."""
        self._count += 1
        gender = gender or self._dice.choice(("male", "female"))
        born = date(oldest, 1, 1) + timedelta(days=self._dice.randrange((date(youngest + 1, 1, 1) - date(oldest, 1, 1)).days))
        return Invented(name or self._name(gender), gender, born, id_number(born, self._count, gender),
                        f"1990000{self._count:04d}", card_number(self._count))

    def _name(self, gender: str) -> str:
        letters = _MEN if gender == "male" else _WOMEN
        while True:
            given = "".join(self._dice.sample(letters, 2 if self._dice.random() < 0.75 else 1))
            name = self._dice.choice(_SURNAMES) + given
            if name not in self._names:
                self._names.add(name)
                return name


def id_number(born: date, order: int, gender: str) -> str:
    """Return an 18-character number with its check digit: the digit before it is odd for men, even for women."""
    digits = f"{REGION}{born:%Y%m%d}{order % 500 * 2 + (gender == 'male'):03d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True))
    return digits + "10X98765432"[total % 11]


def card_number(order: int) -> str:
    """Return 19 digits whose Luhn digit fits, beginning with 990088, which no bank has."""
    digits = f"990088{order:012d}"
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return digits + str(-sum(one - 9 if one > 9 else one for one in doubled) % 10)


def credit_code(order: int) -> str:
    """Return a unified social credit code whose check character fits; its region is not assigned."""
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    code = f"91{REGION}MA{order:07d}"
    return code + letters[-sum(letters.index(letter) * pow(3, place, 31) for place, letter in enumerate(code)) % 31]
