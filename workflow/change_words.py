"""What people call the words of the vocabulary: for telling two versions apart in plain words. Data only."""

from __future__ import annotations

from .language.definition import Label


def _words(text: str) -> dict[str, Label]:
    """Lines of `word | 中文 | English`."""
    rows = (line.split(" | ") for line in text.strip().splitlines())
    return {word.strip(): Label(zh.strip(), en.strip()) for word, zh, en in rows}


# The subjects, in the order they are told, and the words of the document that belong to each.
GROUPS: tuple[tuple[Label, tuple[str, ...]], ...] = (
    (Label("基本信息", "Identity"), ("key", "title", "summary", "basis", "effective", "number", "value", "measure", "retention", "extends")),
    (Label("受理与次数", "Who may apply, when and how often"),
     ("apply", "beneficiary", "intake", "cycle", "unique", "requires_file", "excludes", "caps")),
    (Label("填报内容", "Questions"), ("form",)),
    (Label("材料", "Documents"), ("attachments",)),
    (Label("政策参数与算法", "Figures and sums"), ("params", "tables", "calc", "lines", "sources")),
    (Label("资格核对", "Eligibility"), ("criteria",)),
    (Label("金额与资金", "Amount and funds"), ("amount", "budget")),
    (Label("办理人", "Who acts"), ("actors", "separation")),
    (Label("流程环节与时限", "Steps and times"), ("initial", "states", "progress")),
    (Label("办理动作", "Actions"), ("transitions", "defaults")),
    (Label("任务操作", "Operations on tasks"), ("operations",)),
    (Label("版本与在办件", "Versions and running cases"), ("versioning", "schema")),
)

# Words that hold rows, each compared with the row of the same name; what one row is called.
ROWS = _words("""
form | 字段 | question
attachments | 材料 | document
params | 参数 | figure
tables | 对照表 | table
calc | 计算项 | sum
criteria | 核对项 | check
caps | 限额 | limit
actors | 办理人 | actor
states | 环节 | step
transitions | 动作 | action
timers | 定时 | clock
conditions | 条件 | condition
branches | 分支 | branch
columns | 列 | column
options | 选项 | choice
basis | 依据 | basis
rows | 行 | row
migrate_from | 迁移自版本 | moved from version
""")

WORDS = _words("""
key | 项目代码 | key
title | 名称 | title
summary | 简介 | summary
number | 编号规则 | numbering
clause | 条款 | clause
bank | 开户行 | bank
holder | 户名 | account holder
item | 物品 | item
quantity | 数量 | quantity
stock | 库存资金池 | pools of the stock
effective | 适用时间 | period
from | 起 | from
to | 至 | to
apply | 申请方式 | application
who | 谁可申请 | who applies
agent | 可代办 | filing for others
beneficiary | 受益对象 | beneficiary
intake | 受理时间 | intake
late | 逾期申请 | late applications
cycle | 周期 | cycle
name | 名称 | name
unique | 不可重复的内容 | no two alike
requires_file | 须有档案 | file required
states | 环节 | steps
categories | 类别 | categories
excludes | 不可同享的项目 | not together with
value | 取值 | value
measure | 统计口径 | measure
grain | 统计单位 | unit of counting
sentence | 统计句式 | sentence
type | 类型 | type
section | 分组 | section
help | 提示 | help
required | 必填 | required
visible | 显示条件 | shown when
default | 默认值 | default
min | 最少 | least
max | 上限 | most
pattern | 格式 | pattern
sensitive | 敏感信息 | sensitive
prefill | 自动带出 | filled in from
validate | 校验 | rule
message | 提示语 | message
label | 名称 | label
accept | 文件类型 | kinds of file
source | 出处 | source
dest | 去向 | leads to
expr | 算式 | formula
at | 核对时机 | judged at
on_fail | 不通过时 | on failure
per | 按 | per
across | 合并计算的项目 | counted together with
lines | 发放明细 | payment lines
each | 逐行 | for each
person | 收款人 | payee
account | 账户 | account
amount | 金额 | amount
goods | 实物 | goods
adjustable_in | 可调整金额的环节 | amount adjustable at
reason_required | 调整须写理由 | reason for adjusting
budget | 资金 | funds
pool | 资金池 | pool
unit | 计量 | unit
hold_in | 占用额度的环节 | reserved at
commit | 支出动作 | spent by
sources | 数据来源 | sources
role | 岗位 | role
scope | 范围 | scope
fallback | 替补 | fallback
empty | 无人担任时 | when nobody holds it
separation | 职责分离 | separation of duties
distinct | 须由不同的人办理的环节 | steps decided by different people
applicant_may_not_decide | 申请人不得办理本人的件 | applicants may not decide
relatives | 亲属回避 | relatives
defaults | 通用规则 | defaults
return | 退回 | returns
resubmit | 补正后 | after a correction
comment | 意见 | comment
initial | 开始的环节 | first step
kind | 环节种类 | kind of step
actor | 办理人 | who acts
edit | 可填写 | may change
hide | 不显示 | hidden
due | 办理时限 | promised time
after | 多久以后 | after
every | 每隔 | every
times | 次数 | times
do | 做什么 | does
trigger | 动作 | action
batch | 可批量办理 | in batches
claim | 认领 | claiming
vote | 表决 | vote
mode | 表决方式 | way of voting
pass | 通过票数 | pass mark
share | 通过票数 | pass mark
min_voters | 最少人数 | fewest voters
veto | 一票否决 | veto
on_pass | 通过后 | when passed
on_empty | 无人可表决时 | when nobody can vote
paper | 会议结果登记人 | enters the result of a meeting
join | 分支汇合 | joined by
fail_dest | 不通过去向 | where a refusal leads
when | 适用条件 | condition
notice | 公示 | public notice
days | 公示期 | period of notice
show | 公示内容 | shown
mask | 打码内容 | masked
where | 公示地点 | posted at
final | 终点 | end
outcome | 结果 | outcome
require | 须填写或上传 | required
effects | 附带操作 | effects
edit_only | 只能补正 | only to be corrected
restart_if_changed | 改了就重新审核 | decided afresh if changed
progress | 进度条 | progress bar
operations | 任务操作 | operations
transfer | 转办 | hand on
delegate | 委派 | delegate
add_signer | 加签 | add a signer
remove_signer | 减签 | remove a signer
consult | 沟通 | consult
cc | 抄送 | copy
urge | 催办 | urge
versioning | 版本 | versioning
running | 在办件 | running cases
retention | 保存年限 | kept for
extends | 沿用流程 | flow
schema | 词汇版本 | vocabulary
basis | 依据 | basis
""")

ENUMS = _words("""
applicant.union | 申请人所在工会 | the applicant's union
same_org | 同一单位 | the same organisation
ancestor(county) | 县级 | the county
ancestor(township) | 乡镇级 | the township
ancestor(prefecture) | 市级 | the prefecture
ancestor(province) | 省级 | the province
kind=draft | 填报 | filling in
kind=task | 审核 | deciding
kind=countersign | 会签表决 | vote
kind=parallel | 并行 | parallel
kind=notice | 公示 | public notice
kind=wait | 等待 | waiting
kind=auto | 自动 | automatic
outcome=approved | 批准 | approved
outcome=rejected | 不予批准 | rejected
outcome=withdrawn | 撤回 | withdrawn
outcome=lapsed | 逾期失效 | lapsed
outcome=closed | 办结 | closed
do=remind | 提醒 | remind
do=escalate | 督办 | escalate
do=fire | 到点执行 | fire
mode=all | 全部同意 | all
mode=any | 一人同意 | any
mode=quorum | 达到票数 | a number of votes
mode=ratio | 达到比例 | a share of the votes
mode=sequence | 依次表决 | one after the other
join=all | 全部办完 | all
join=any | 任一办完 | any
comment=required | 必填 | required
comment=optional | 选填 | optional
on_fail=refuse | 不受理 | refuse
on_fail=flag | 由办理人判断 | left to whoever decides
empty=admin | 交管理员处理 | shown to the administrator
empty=fallback | 由替补办理 | the fallback acts
empty=refuse | 不能提交 | refuse
on_empty=assign_admin | 交管理员处理 | shown to the administrator
on_empty=refuse | 不能提交 | refuse
resubmit=restart | 重新逐级审核 | all steps again
resubmit=direct | 直接回到退回的环节 | straight back to the step that asked
running=pin | 按原版本办完 | end under their own version
running=migrate | 可迁移到新版 | may be moved
late=refuse | 不受理 | refused
late=next_cycle | 计入下一周期 | counted in the next cycle
relatives=declare | 须声明无亲属关系 | to be declared
who=applicant | 申请人 | the applicant
who=person | 个人 | a person
who=organisation | 单位 | an organisation
who=officer | 工作人员 | an officer
who=household | 家庭 | a household
beneficiary=person | 个人 | a person
beneficiary=household | 家庭 | a household
beneficiary=organisation | 单位 | an organisation
unit=money | 金额 | money
unit=heads | 人数 | heads
unit=items | 件数 | items
where=village_board | 村（社区）公示栏 | village board
where=unit_board | 单位公示栏 | notice board of the unit
where=website | 网站 | website
where=wechat | 微信公众号 | WeChat account
type=money | 金额 | money
type=int | 整数 | whole number
type=decimal | 小数 | decimal
type=text | 文字 | text
type=textarea | 长文字 | long text
type=bool | 是非 | yes or no
type=date | 日期 | date
type=enum | 单选 | one choice
type=multi | 多选 | several choices
type=table | 表格 | table
type=idcard | 身份证号 | identity number
type=phone | 电话 | phone
type=bankcard | 银行卡号 | bank card
type=org | 单位 | organisation
type=region | 地区 | region
type=progressive | 累进 | progressive
type=lookup | 查表 | lookup
""")
