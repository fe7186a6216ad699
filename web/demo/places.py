"""The unions of 云岭县, which does not exist: province, prefecture, county, 12 townships, 60 unions.

Some stand directly under the county; one has nobody in office, so that its township steps in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from workflow import organisations
from workflow.actors import COMMAND
from workflow.records import Organisation

COUNTY_CODE = "YL"
REGION = "539921"                    # no such county: 53 99 is not assigned

DIRECT = (
    "县医院工会", "县中医医院工会", "交通运输局工会", "教育体育局机关工会", "林业站工会", "供电公司工会", "自来水公司工会",
    "邮政公司工会", "第一中学工会", "职业高级中学工会", "气象局工会", "烟草公司工会", "快递行业联合工会", "货车司机行业联合工会",
    "建筑行业联合工会", "公路养护段工会",
)
TOWNSHIPS: dict[str, tuple[str, ...]] = {
    "城关街道": ("二建公司工会", "环卫站工会", "纺织厂工会", "第一小学工会", "百货公司工会", "客运站工会", "城关餐饮行业联合工会",
             "城关社区联合工会"),
    "东山街道": ("水泥厂工会", "食品厂工会", "第二小学工会", "物业行业联合工会", "东山社区联合工会"),
    "青山镇": ("青山茶厂工会", "青山中心学校工会", "青山村联合工会", "青山卫生院工会"),
    "龙泉镇": ("龙泉酒厂工会", "龙泉中心学校工会", "龙泉村联合工会"),
    "白水镇": ("白水电站工会", "白水中心学校工会", "白水村联合工会"),
    "石桥镇": ("石桥采石场工会", "石桥中心学校工会", "石桥村联合工会"),
    "红土镇": ("红土砖瓦厂工会", "红土中心学校工会", "红土村联合工会"),
    "松林镇": ("松林木材厂工会", "松林中心学校工会", "松林村联合工会"),
    "云坪乡": ("云坪果蔬合作社工会", "云坪中心学校工会", "云坪村联合工会"),
    "马鞍乡": ("马鞍煤矿工会", "马鞍中心学校工会", "马鞍村联合工会"),
    "大箐乡": ("大箐药材基地工会", "大箐中心学校工会", "大箐村联合工会"),
    "清河乡": ("清河渔场工会", "清河中心学校工会", "清河村联合工会"),
}
TWO_OFFICERS = ("二建公司工会", "环卫站工会", "县医院工会", "快递行业联合工会")     # where one may file for a worker and the other decide
CHAIRED = "纺织厂工会"                # applies as a union: enrolment in mutual aid, refund of dues
VACANT = "青山村联合工会"             # nobody holds the office there; 青山镇 has two officers


@dataclass(slots=True)
class County:
    """The tree once it stands: the county itself, its townships and unions by name."""

    county: Organisation
    townships: dict[str, Organisation] = field(default_factory=dict)
    unions: dict[str, Organisation] = field(default_factory=dict)


def found(session: Session, now: datetime) -> County:
    """Add the whole tree and return it."""
    def add(code: str, name: str, level: str, parent: Organisation | None, region: str = "", phone: str = "") -> Organisation:
        return organisations.add(session, code, name, level, parent.id if parent else None, now, COMMAND, region, phone)

    province = add("NY", "南云省总工会", "province", None)
    prefecture = add("NYYJ", "云江州总工会", "prefecture", province, "539900")
    tree = County(add(COUNTY_CODE, "云岭县总工会", "county", prefecture, REGION, "0889-6120001"))
    for number, (township, names) in enumerate(TOWNSHIPS.items(), 1):
        code = f"{COUNTY_CODE}{number:02d}"
        office = tree.townships[township] = add(code, f"{township}工会", "township", tree.county, phone=f"0889-61201{number:02d}")
        for place, name in enumerate(names, 1):
            tree.unions[name] = add(f"{code}{place:02d}", name, "unit", office, phone=f"0889-612{number:02d}{place:02d}")
    for place, name in enumerate(DIRECT, 1):
        tree.unions[name] = add(f"{COUNTY_CODE}00{place:02d}", name, "unit", tree.county, phone=f"0889-61300{place:02d}")
    return tree
