"""The accounts of the demo county that people are told about. Every other officer there has the same password.

None of this exists outside a demo: the password stands in a public file.
"""

from __future__ import annotations

from dataclasses import dataclass

PASSWORD = "yunling-2026"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account to sign in with: whose it is, in which role, what to try. Words in Chinese and in English."""

    username: str
    name: str
    role: str
    role_en: str
    task: str
    task_en: str
    password: str = PASSWORD


DEMO_ACCOUNTS = (
    DemoAccount("worker", "李文华", "职工（二建公司）", "worker", "补正被退回的医疗救助，再申请一项",
                "correct the returned medical aid, then apply for something else"),
    DemoAccount("family", "段志芳", "在档困难职工（环卫站）", "worker with a hardship file", "看本户档案带来的生活救助，补正被退回的医疗救助",
                "see the living aid of a filed household, correct the returned medical aid"),
    DemoAccount("chair", "马文海", "单位工会主席（纺织厂工会）", "chair of a union that applies", "以工会名义申报：医疗互助参保、小额缴费返还",
                "apply for the union: mutual-aid enrolment, refund of dues"),
    DemoAccount("grassroots", "赵敏", "基层工会经办人（二建公司工会）", "grassroots officer",
                "审核、登记公示；看自己的申请为什么自己不能办", "check, record a notice; see why your own case is closed to you"),
    DemoAccount("township", "陈刚", "街道工会经办人（城关街道）", "township officer", "逐件或批量同意上报",
                "agree one by one or in a batch"),
    DemoAccount("handler", "王莉", "县总工会经办人", "county officer", "核对有疑点的申请，调整金额，退回补正",
                "check flagged cases, adjust an amount, return one"),
    DemoAccount("leader", "孙建国", "县总工会负责人", "county leader", "审批；不予批准要写明理由",
                "approve; a refusal needs its reasons"),
    DemoAccount("committee", "周文斌", "集体研究成员（另有 committee2–4）", "committee member (and committee2–4)",
                "对提交集体研究的申请表决", "vote on what was put to the meeting"),
    DemoAccount("finance", "何静", "财务审核", "accountant", "复核账户和金额，交出纳", "check account and amount"),
    DemoAccount("cashier", "罗平", "出纳", "cashier", "登记转账日期和银行回单，或退票", "record the transfer, or send it back"),
    DemoAccount("auditor", "陈立", "经费审查", "auditor", "追溯一件申请，核验全部存证", "trace a case, verify the history"),
    DemoAccount("admin", "杨帆", "系统管理员", "administrator", "任免岗位，查看项目定义", "appoint officers, read the definitions"),
)


def listing() -> str:
    """Return the accounts as a table for the terminal."""
    rows = [f"  {one.username:<11}{one.role}（{one.name}）：{one.task}\n  {'':<11}{one.role_en}: {one.task_en}"
            for one in DEMO_ACCOUNTS]
    return f"演示账号，密码都是 {PASSWORD} · Demo accounts, all with the password {PASSWORD}\n" + "\n".join(rows)
