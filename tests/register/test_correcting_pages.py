"""Putting a wrong number right by page: asked, refused with the way to the merge, typed anew by another officer, found by the old one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.acceptance.conftest import app, clock, enter, run, world  # noqa: F401  # the whole product in front of the small county
from tests.acceptance.newcomer import Newcomer
from tests.register.conftest import SON, WIFE, Keeping
from tests.register.test_correcting import RIGHT
from tests.world import World

Enter = Callable[[str], Newcomer]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_pages(world: World, enter: Enter) -> None:  # noqa: F811
    keeping = Keeping(world)
    person, twin = keeping.person("段小洪", id_no=WIFE, code="539921-01-01"), keeping.person("段小红", id_no=SON, code="539921-01-01")
    clerk, basic = enter("clerk"), enter("basic")
    clerk.open(f"/register/people/{person}").press("提出，由另一位经办人确认", name="段小洪", id_no=SON, reason="核对身份证")
    assert clerk.status == 422 and "属于另一条登记" in clerk.page.words
    clerk.follow("对照两条登记")
    assert twin in clerk.url
    clerk.open(f"/register/people/{person}").press("提出，由另一位经办人确认", name="段小红", id_no=RIGHT, reason="核对身份证原件")
    assert "等另一位经办人确认" in clerk.page.words and RIGHT not in clerk.page.words and "自己提出的更正由另一位经办人确认" in clerk.page.words
    basic.open("/register/duplicates").follow("姓名、身份证号")
    basic.press("确认更正", number=WIFE)
    assert basic.status == 422 and "请对照证件再输入一遍" in basic.page.words
    basic.press("确认更正", number=RIGHT)
    assert "已更正" in basic.page.words and "段小红" in basic.page.words and WIFE not in basic.page.words
    basic.open("/register").press("查找", number=WIFE)
    assert "这个身份证号登记错过，已更正" in basic.page.words and basic.url.endswith(person)
