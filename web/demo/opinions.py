"""What officers write. Sentences as they stand on paper forms, chosen by dice."""

from __future__ import annotations

AGREE = {
    "grassroots_review": ("情况属实，同意公示。", "已入户核实，情况属实。", "材料齐全，符合条件，同意上报公示。", ""),
    "notice_record": ("公示期满，无异议。", "在单位公示栏公示 7 天，无异议。", "公示无异议，同意上报。"),
    "township_review": ("同意上报。", "经复核，材料齐全，同意上报。", "已与基层工会核对，同意上报县总。", ""),
    "county_review": ("经核对，材料齐全，金额计算正确，报审批。", "已与医保、民政数据核对，无重复救助，报审批。", "核对无误。"),
    "county_approval": ("同意。", "同意按核定金额发放。", "同意，请尽快拨付。"),
    "upper_review": ("州总工会已批复同意，批复附后。",),
    "finance_check": ("账户与本人姓名一致，复核通过。", "金额、账户复核无误。", ""),
    "paying": ("已转账。", "已通过网银转账，回单附后。", ""),
}
VISIT = ("两人入户，家庭情况与申请一致，家中有病人，收入来源单一。", "到单位和家中核实，情况属实，邻居反映家庭确有困难。",
         "电话和上门核实，材料与原件一致。", "查验证件原件，与上传材料一致，本人在岗。")
FLAGS = {
    "income": "人均月收入略高于低收入线，系一次性补发工资所致，已核对工资流水，仍属因病致困，可以办理。",
    "again": "与上一次救助不是同一次住院，结算单号和日期均不同，可以办理。",
    "other": "会籍登记未标注农民工，经查劳动合同和户口簿，确为农民工，可以办理。",
    "year": "年中退休，只能申请 8 个月，起止月份已核对。",
}
ADJUST = "结算单中含目录外费用，予以核减。"
REJECT = {
    "grassroots_review": "经核实，毕业证书不是在职期间取得，不符合申请条件。",
    "notice_record": "公示期间收到异议，经核查，申请人已被聘为管理人员，不属于资助对象。",
    "township_review": "经复核，申请人家庭拥有经营性门面，不属于困难职工家庭。",
    "county_review": "与上年度已救助的为同一张结算单，不能重复申请；已电话告知本人。",
    "county_approval": "经研究，申请人月均收入核算有误，实际高于标准线，不予批准。",
    "model_worker_living county_review": "登记的荣誉证书编号与档案不符，经与州总工会核实，不属于省级劳模。",
    "upper_review": "州总工会批复：不符合省级专项资金使用范围，不予批准。",
}
RECHECK = "请再核对大病保险报销金额后报审。"
RECHECKED = "已与医保局核对，大病保险报销金额无误。"
BOUNCED = "银行退票：收款账户状态异常。"
CONFIRMED = "已与本人联系，账户已恢复正常，可重新转账。"
ACCOUNT = "开户行名称与卡号不符，请更正收款账户。"
PULLED = "发现填错一项，撤回修改。"
GIVEN_UP = ("单位已给予补助，不再申请。", "材料暂时凑不齐，放弃申请。")
REVEALED = "核对收款账户与身份证是否为同一人"


def refusal(key: str, state: str) -> str:
    """Return why a programme's case is refused at a step."""
    return REJECT.get(f"{key} {state}", REJECT[state])
