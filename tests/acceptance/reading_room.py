"""职工书屋共建补助: a programme nobody has seen, written after the product and only from the vocabulary page.

Another domain, its own states, every type of field that this release carries out, both kinds of table, a criterion that
refuses and one that is left to judgement, a way taken by the system, three kinds of return, and batches.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Flask
from PIL import Image

from tests.web.county import PASSWORD
from tests.world import World
from workflow import db, engine

KEY = "reading_room"
TEXT = """
schema: 1
key: reading_room
version: 1
title: {zh: 职工书屋共建补助, en: Reading-room grant}
summary: {zh: 在单位里办起职工书屋、需要添置图书和书架的, en: For workers who set up a reading room}
initial: plan
number: "SW-{org.code}-{year}-{seq:04d}"
apply: {who: person}
unique: [form.usci, case.cycle]
cycle: calendar_year
basis: [{title: {zh: 职工书屋建设办法, en: Rules on reading rooms}, number: 云工〔2026〕9 号, clause: 第五条}]
effective: {from: 2026-01-01}
params:
  top: {type: money, value: 30000, label: {zh: 单个书屋最高补助, en: Most for one room}, source: 第六条}
  panel_over: {type: money, value: 8000, label: {zh: 超过此数须专题会研究, en: Meeting above}}
  least_area: {type: decimal, value: 15, label: {zh: 最小面积（平方米）, en: Least area}}
tables:
  share: {type: progressive, columns: [from, to, rate], rows: [[0, 10000, 0.60], [10000, 40000, 0.30], [40000, null, 0.10]]}
  weight: {type: lookup, columns: [grade, factor], rows: [[seed, 1.0], [model, 1.2], [base, 0.8]]}
form:
  keeper:    {label: {zh: 书屋管理员, en: Keeper}, type: text, section: {zh: 申请人, en: Applicant}, required: true, prefill: applicant.name}
  id_no:     {label: 身份证号, type: idcard, section: {zh: 申请人, en: Applicant}, required: true, sensitive: true}
  phone:     {label: 联系手机, type: phone, section: {zh: 申请人, en: Applicant}, required: true, sensitive: true}
  usci:      {label: 单位统一社会信用代码, type: usci, section: 书屋情况, required: true}
  opened:    {label: 建成月份, type: month, section: 书屋情况, required: true}
  moved_in:  {label: 启用日期, type: date, section: 书屋情况, required: true, validate: form.moved_in <= today, message: 启用日期不能晚于今天}
  area:      {label: 面积（平方米）, type: decimal, section: 书屋情况, required: true, min: 1, max: 900}
  readers:   {label: 服务职工人数, type: int, section: 书屋情况, required: true, min: 1, max: 50000}
  grade:     {label: 建设类型, type: enum, section: 书屋情况, required: true, options: {seed: 新建, model: 示范, base: 提升}}
  services:  {label: 开展的服务, type: multi, section: 书屋情况, required: true, options: {lend: 借阅, talk: 读书会, online: 电子阅读}}
  donated:   {label: 是否接受过捐赠, type: bool, section: 书屋情况, required: true}
  donor:     {label: 捐赠单位, type: text, section: 书屋情况, visible: form.donated, required: form.donated}
  items:
    label: 购置清单
    type: table
    section: 经费
    required: true
    min: 1
    max: 20
    columns:
      thing: {label: 名称, type: text, required: true}
      count: {label: 数量, type: int, required: true, min: 1}
      price: {label: 单价, type: money, required: true, min: 0, validate: row.price * row.count <= param.top, message: 一项不能超过单个书屋最高补助}
      gift:  {label: 是否受赠, type: bool, visible: form.donated, required: row.price == 0}
  own_money: {label: 单位自筹, type: money, section: 经费, required: true, min: 0}
  payee_card: {label: 收款账号, type: bankcard, section: 经费, required: true, sensitive: true}
  remark:    {label: 其他说明, type: note, section: 经费}
  seen:      {label: 察看结论, type: note, section: 工会填写}
  paid_on:   {label: 拨付日期, type: date, section: 工会填写, validate: form.paid_on <= today, message: 拨付日期不能晚于今天}
attachments:
  photo:   {label: 书屋照片, min: 1, max: 3, accept: [jpg, png], section: 书屋情况}
  quote:   {label: 报价单, min: 0, max: 2, required: calc.spent > 10000, section: 经费}
  voucher: {label: 拨付回单, min: 0, max: 1}
calc:
  spent:  {label: 购置总额, expr: sum(row.count * row.price for row in form.items)}
  base:   {label: 分段补助, expr: "progressive('share', calc.spent)"}
  factor: {label: 类型系数, expr: "lookup('weight', form.grade)"}
  grant:  {label: 补助金额, expr: "round2(min(calc.base * calc.factor, param.top))"}
criteria:
  - {name: roomy, label: 面积达到最低要求, expr: form.area >= param.least_area, message: 面积不足 15 平方米，不能申请, basis: 第三条, at: submit, on_fail: refuse}
  - {name: own_share, label: 自筹不低于两成, expr: form.own_money >= calc.spent * 0.2, message: 单位自筹不足两成，请核实经费来源,
     basis: 第七条, at: bookkeeping.endorse, on_fail: flag}
amount: {value: calc.grant, adjustable_in: [bookkeeping], max: calc.grant, reason_required: true}
actors:
  keeper: {who: applicant}
  visitor: {role: grassroots, scope: applicant.union}
  desk: {role: county_handler, scope: ancestor(county)}
  meeting: {role: county_leader, scope: ancestor(county)}
  books: {role: finance, scope: ancestor(county)}
  purse: {role: cashier, scope: ancestor(county)}
separation: {distinct: [visiting, bookkeeping, panel, vouching, settling], applicant_may_not_decide: true}
defaults: {return: {resubmit: direct, max: 3}, comment: {return: required, reject: required, approve: optional}}
states:
  - {name: plan, label: {zh: 填写建设情况, en: Describing the room}, kind: draft, actor: keeper, edit: [form.*, attachments.*],
     hide: [form.seen, form.paid_on, attachments.voucher]}
  - {name: visiting, label: 实地察看, kind: task, actor: visitor, due: 5wd, edit: [form.seen]}
  - {name: bookkeeping, label: 经费核算, kind: task, actor: desk, due: 5wd, batch: [endorse]}
  - {name: fork, label: 按金额分流, kind: auto}
  - {name: panel, label: 专题会研究, kind: task, actor: meeting, due: 10wd, batch: [endorse]}
  - {name: vouching, label: 会计复核, kind: task, actor: books, due: 2wd, batch: [endorse]}
  - {name: settling, label: 拨付, kind: task, actor: purse, due: 3wd, edit: [form.paid_on, attachments.voucher]}
  - {name: furnished, label: {zh: 补助已拨付, en: Furnished}, final: true, outcome: approved}
  - {name: declined, label: 不予补助, final: true, outcome: rejected}
  - {name: dropped, label: 申请人撤销, final: true, outcome: withdrawn}
transitions:
  - {trigger: submit, label: 报送, source: plan, dest: visiting, require: [form, attachments]}
  - {trigger: endorse, label: 察看属实, source: visiting, dest: bookkeeping, require: [form.seen]}
  - {trigger: endorse, label: 核算无误, source: bookkeeping, dest: fork}
  - {trigger: sort, label: 金额较大, source: fork, dest: panel, when: calc.grant > param.panel_over, actor: system}
  - {trigger: sort, label: 金额一般, source: fork, dest: vouching, actor: system}
  - {trigger: endorse, label: 会议通过, source: panel, dest: vouching}
  - {trigger: endorse, label: 复核一致, source: vouching, dest: settling}
  - {trigger: settle, label: 已经拨付, source: settling, dest: furnished, require: [form.paid_on, attachments.voucher]}
  - {trigger: return_to, label: 退回修改, source: visiting, dest: [plan], resubmit: restart}
  - {trigger: return_to, label: 退回核实, source: bookkeeping, dest: [plan, visiting], restart_if_changed: [form.items]}
  - {trigger: return_to, label: 退回更正账号, source: vouching, dest: [plan], edit_only: [form.payee_card], resubmit: direct}
  - {trigger: reject, label: 不予补助, source: [visiting, bookkeeping, panel], dest: declined}
  - {trigger: withdraw, label: 收回, source: visiting, dest: plan, actor: keeper, conditions: [{expr: not task.acted, message: 工会已经开始察看，不能收回}]}
  - {trigger: abandon, label: 撤销申请, source: [plan, visiting], dest: dropped, actor: keeper}
progress: [plan, visiting, bookkeeping, panel, vouching, settling, furnished]
"""
CASES = """
- name: 新建书屋，购置两万
  given: {form: {keeper: 李文华, id_no: "11010519491231002X", phone: "13800138000", usci: 91350100M000100Y43, opened: 2026-03, moved_in: 2026-04-01,
    area: 30, readers: 80, grade: seed, services: [lend], donated: false, own_money: 5000, payee_card: "6228480010000000017",
    items: [{thing: 书架, count: 10, price: 1000}, {thing: 图书, count: 400, price: 25}], seen: 属实, paid_on: 2026-06-01}, today: 2026-06-15}
  expect: {amount: 9000.00, ends: furnished}
"""
ID_NO, PHONE, CARD, OTHER_CARD, OTHER_UNIT = "11010519491231002X", "13800138000", "6228480010000000017", "6217000000000006217", "91330106MA2CFLDE4P"
FORM: dict[str, Any] = {
    "keeper": "李文华", "id_no": ID_NO, "phone": PHONE, "usci": "91350100M000100Y43", "opened": "2026-03", "moved_in": "2026-04-01",
    "area": "30", "readers": "80", "grade": "seed", "services": ["lend", "talk"], "donated": False, "own_money": "5000.00",
    "items": [{"thing": "书架", "count": 10, "price": "1000.00"}, {"thing": "图书", "count": 400, "price": "25.00"}],
    "payee_card": CARD, "remark": "每周开放六天"}


def photo(size: tuple[int, int] = (64, 48), colour: str = "white") -> BytesIO:
    """A small JPEG as a phone would send it."""
    data = BytesIO()
    Image.new("RGB", size, colour).save(data, "JPEG")
    data.seek(0)
    return data


def case_at(world: World, state: str, who: str = "worker", **changed: Any) -> str:
    """An application of the reading-room programme, carried to `state` by the engine."""
    now, me = world.now, world.actor(who)
    with db.writing(world.sessions) as session:
        case_id = engine.start(session, KEY, me, now)
        engine.save(session, case_id, me, now, FORM | changed, revision=1)
        for kind in ("photo", "quote"):
            engine.attach(session, case_id, kind, f"{kind}.jpg", photo().getvalue(), me, now)
    steps: list[tuple[str, str, dict[str, Any]]] = [
        (who, "submit", {}), ("basic", "endorse", {"form": {"seen": changed.get("remark", "属实")}}), ("clerk", "endorse", {"comment": "可以"})]
    for person, trigger, more in steps:
        if world.row(case_id).state == state:
            break
        world.act(person, case_id, trigger, **more)
    assert world.row(case_id).state == state
    return case_id


def bearer(app: Flask, username: str) -> dict[str, str]:
    """The header of a caller who has signed in through the API."""
    answer = app.test_client().post("/api/v1/tokens", json={"username": username, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json['token']}"}
