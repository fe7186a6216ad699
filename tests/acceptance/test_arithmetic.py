"""The arithmetic of the field, traceable: each rule found, the document it was found in, and the golden case that holds it.

One row is a rule in words, its source in the register of sources (Sxx), the definition, the golden case that shows it, and
the amount in 分 that must come out. The golden cases themselves are run here too, so a row cannot be true on paper only.
`None` as the amount is a rule that grants nothing: then the refusal or the end named by the case is the result.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from workflow import golden
from workflow.language import read_path
from workflow.language.cases import GoldenCase, read_cases
from workflow.language.definition import Definition

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"


class Rule(NamedTuple):
    """One rule of the field and the golden case that shows it."""

    words: str
    source: str
    file: str
    case: str
    fen: int | None


GRANTS = (
    Rule("培训补助：取得证书后，不超过本人实际支出", "S04", "training_aid.v1", "本人负担 1800 元，全额补助（S04）", 180_000),
    Rule("培训补助：最高 3000 元", "S04", "training_aid.v1", "本人负担 5200 元，最高 3000 元（S04）", 300_000),
    Rule("培训补助：没有证书不补", "S04", "training_aid.v1", "还没有取得证书（S04：取证后）", None),
)

WOMEN = (
    Rule("两癌：慰问金 2000 元", "S55", "two_cancer_aid.v1", "没有发生费用，慰问金 2000 元（S55）", 200_000),
    Rule("两癌：另加个人支付，最高 8000 元", "S55", "two_cancer_aid.v1", "个人支付 60000 元，医疗补助以 8000 元为限（S55）", 1_000_000),
    Rule("两癌：扣除已获的互助和大病救助", "S55", "two_cancer_aid.v1", "互助已给 15000、大病救助 6000，个人支付 25000，剩 4000（S55）", 600_000),
    Rule("女职工特病：36 元一份、两年", "S47", "women_illness_enrolment.v1", "一名女职工全部参加，36 元（S47）", 3_600),
    Rule("女职工特病：参加人数不少于女职工的 80 %", "S47", "women_illness_enrolment.v1", "正好一百人，八十人参加就够（S47）", 7_200),
    Rule("女职工特病：不足 100 人须全部参加", "S47", "women_illness_enrolment.v1", "不足一百人的单位少一人，不能参加（S47）", None),
    Rule("女职工特病：16 至 60 周岁", "S48", "women_illness_enrolment.v1", "61 周岁（S48）", None),
    Rule("女职工特病：南平 25 元", "S49", "women_illness_enrolment.v1", "每份 25 元、一年一期的地方（S49 南平）", 5_000),
    Rule("女职工特病：30 日内确诊不给付", "S48", "women_illness_cover.v1", "首次参保第 30 天确诊，不给付（S48）", 0),
    Rule("女职工特病：31 至 60 日 500 元", "S48", "women_illness_cover.v1", "首次参保第 31 天确诊，慰问金 500 元（S48）", 50_000),
    Rule("女职工特病：60 日后原位癌 2000 元", "S48", "women_illness_cover.v1", "首次参保第 61 天确诊原位癌，2000 元（S48）", 200_000),
    Rule("女职工特病：60 日后确诊 15000 元", "S48", "women_illness_cover.v1", "首次参保第 61 天确诊，15000 元（S48）", 1_500_000),
    Rule("女职工特病：给付后本期保障终止", "S48", "women_illness_cover.v1", "本期已给付 15000 元，保障已终止（S48）", None),
    Rule("女职工特病：既往疾病除外", "S48", "women_illness_cover.v1", "参保前一天查出的疾病除外（S48）", None),
    Rule("女职工特病：南平第一类 6000 元", "S49", "women_illness_cover.v1", "南平第一类 6000 元（S49）", 600_000),
    Rule("女职工特病：南平第二类 3000 元", "S49", "women_illness_cover.v1", "南平第二类 3000 元（S49）", 300_000),
    Rule("女职工特病：南平第三类 2000 元", "S49", "women_illness_cover.v1", "南平第三类 2000 元（S49）", 200_000),
    Rule("女职工特病：南平第四类 1000 元", "S49", "women_illness_cover.v1", "南平第四类 1000 元（S49）", 100_000),
    Rule("互助金申领：两年内", "S51", "women_illness_cover.v1", "确诊超过两年，权利终止（S51）", None),
    Rule("两癌：不得重复申领", "S55", "two_cancer_aid.v1", "已经领取过，不能重复（S55）", None),
)

FILES = (
    Rule("深度困难：（可支配收入 − 刚性支出）÷12÷人口 < 低保", "S07", "hardship_file.v1",
         "刚性支出先扣：收入 45000、支出 18000，人均 750 元，仍是深度困难（S07 S08）", None),
    Rule("深度困难：正好等于低保不算", "S08", "hardship_file.v1", "人均正好 760 元不低于低保，不能按深度困难认定（S07 S08）", None),
    Rule("相对困难：< 2 倍低保", "S08", "hardship_file.v1", "人均 1519.97 元，在相对困难线内（S07 S08）", None),
    Rule("相对困难：正好 2 倍不算", "S07", "hardship_file.v1", "人均正好 1520 元，不符合建档标准（S07 S08）", None),
    Rule("意外致困：损失超过年收入 80 %", "S07", "hardship_file.v1", "收入高，意外损失超过年收入的八成，按意外致困认定（S07）", None),
    Rule("意外致困：正好 80 % 不算", "S07", "hardship_file.v1", "意外损失正好八成，不算意外致困（S07）", None),
    Rule("意外致困：有伤亡的", "S08", "hardship_file.v1", "有家人伤亡，不看损失多少（S07 S08）", None),
    Rule("农民工：合同或劳动关系满一年", "S11", "hardship_file.v1", "农民工工作十一个月（S11 S12）", None),
    Rule("不予建档：两套以上住房", "S26", "hardship_file.v1", "两套住房（S07 S26 S27）", None),
    Rule("不予建档：商铺、机动车", "S27", "hardship_file.v1", "有商铺又有机动车，两条都告知（S26 S27）", None),
    Rule("满一年重新核对", "S100", "hardship_file.v1", "满一年复核续档，第二年再复核续档（S13 S100）", None),
    Rule("脱困：连续 6 个月高于低保", "S22", "hardship_file.v1", "连续六个月超过低保，本人确认、公示后脱困（S22 S23）", None),
    Rule("脱困：5 个月不够", "S23", "hardship_file.v1", "只有五个月，不能脱困（S22 S23）", None),
    Rule("旧口径边缘户：收入在低保 150 % 以内且扣支出后不超过低保", "S105", "old_file_check.v1",
         "边缘户：人均正好 750 元（1.5 倍），扣支出后正好 500 元（S105）", None),
    Rule("旧口径意外致困：3 倍以内", "S105", "old_file_check.v1", "意外致困：人均正好 1500 元（3 倍以内）（S105）", None),
    Rule("旧口径意外致困：超过 3 倍的，连同资产和储蓄减支出不超过低保", "S105", "old_file_check.v1",
         "意外致困：超过 3 倍，收入加资产减支出后人均正好 500 元（S105）", None),
    Rule("旧口径意外致困：蚌埠 1.5 倍", "S10", "old_file_check.v1", "蚌埠：余额人均 750 元，按 1.5 倍（S10）", None),
    Rule("收入统计：连续 6 个月", "S12", "old_file_check.v1", "连续 6 个月收入 13500 元，人均 750 元（S12）", None),
    Rule("收入统计：青海 3 个月", "S09", "old_file_check.v1", "青海看申请前 3 个月：收入 6750 元，人均 750 元（S09）", None),
)

LIVING = (
    Rule("生活救助：每户不超过低保标准年度总和", "S01", "living_aid.v2", "2015 年口径：每户不超过低保标准年度总和，不看人口（S01）", 912_000),
    Rule("生活救助：深度困难 12 倍低保", "S04", "living_aid.v2", "深度困难封顶十二个月低保（S04），超过集体研究线", 912_000),
    Rule("生活救助：相对困难 8 倍低保", "S04", "living_aid.v2", "相对困难封顶八个月低保（S04）", 608_000),
    Rule("生活救助：省级标准甲深度困难 10 倍", "S05", "living_aid.v2", "省级标准甲：深度困难十倍（S05）", 760_000),
    Rule("生活救助：省级标准甲相对困难 8 倍", "S05", "living_aid.v2", "省级标准甲：相对困难八倍（S05）", 608_000),
    Rule("生活救助：湖北深度困难 12 倍", "S06", "living_aid.v2", "湖北：深度困难十二倍，武汉低保 940 元（S06）", 1_128_000),
    Rule("生活救助：湖北相对困难 10 倍", "S06", "living_aid.v2", "湖北：相对困难十倍，武汉低保 940 元（S06）", 940_000),
    Rule("生活救助：湖北意外致困 10 倍", "S06", "living_aid.v2", "意外致困封顶十个月低保（S06）", 760_000),
    Rule("生活救助：2022 年口径 12 倍低保 × 家庭人口", "S02", "living_aid.v2", "2022 年口径：按家庭人口，三口之家 12×3 个月（S02）", 2_736_000),
    Rule("生活救助：塔城深度困难不超过低保年度总和的 2 倍", "S02", "living_aid.v2", "塔城：深度困难合计不超过低保年度总和的两倍（S02）", 1_824_000),
    Rule("生活救助：塔城相对困难不超过低收入标准全年总和", "S02", "living_aid.v2", "塔城：相对困难不超过低收入标准的全年总和（S02）", 1_824_000),
    Rule("生活救助：相对困难每年一项", "S05", "living_aid.v2", "相对困难本年已享受一项（S05）", None),
    Rule("生活救助：允许多项的标准", "S04", "living_aid.v2", "允许多项的地方，相对困难本年已享受一项也可以（S04）", 300_000),
    Rule("生活救助：已获帮扶计入收入", "S05", "living_aid.v2", "计入已获帮扶后正好等于低保，留给县里判断（S05）", 300_000),
    Rule("生活救助：银川每年一次帮扶", "S29", "living_aid.v2", "每户每年只帮扶一次的地方，已获过（S29 银川）", None),
    Rule("生活救助：12 月 20 日前发完", "S02", "living_aid.v2", "十一月三十日是受理最后一天，十二月二十日前发完（S02）", 300_000),
)

MEDICAL = (
    Rule("医疗救助：不超过个人自付部分", "S01", "medical_aid.v2", "不超过个人自付部分（S01）", 400_000),
    Rule("医疗救助：先扣各种保险和互助", "S22", "medical_aid.v2", "各种保险、互助和其他救助都先扣除，余下 3000 元（S22 安徽）", 300_000),
    Rule("医疗救助：深度困难全额", "S04", "medical_aid.v2", "深度困难，自付部分全额给付（S01 S04），超过一万元集体研究", 1_920_000),
    Rule("医疗救助：相对困难 80 %", "S04", "medical_aid.v2", "相对困难给付八成（S04 S05）", 320_000),
    Rule("医疗救助：合计不超过 15 万元", "S04", "medical_aid.v2", "深度困难封顶十五万元（S04）", 15_000_000),
    Rule("医疗救助：相对困难最高 1.6 万元", "S05", "medical_aid.v2", "相对困难封顶一万六千元（S05）", 1_600_000),
    Rule("医疗救助：2 万元以上报省", "S05", "medical_aid.v2", "超过二万元一分，报省总工会（S05）", 2_000_001),
    Rule("医疗救助：5 万元以上报全总", "S05", "medical_aid.v2", "超过五万元，报全国总工会（S05），未获批准", 6_000_000),
    Rule("医疗救助：湖北每户 2 万元", "S06", "medical_aid.v2", "湖北每户一般不超过二万元（S06）", 2_000_000),
    Rule("医疗救助：合肥 50 %", "S28", "medical_aid.v2", "合肥按自付的一半给付（S28）", 200_000),
)

STUDY = (
    Rule("助学：不超过 10 个月低保", "S01", "study_aid.v2", "国家口径：每生不超过十个月低保 7600 元（S01）", 760_000),
    Rule("助学：学前和义务教育不超过 3000 元", "S04", "study_aid.v2", "义务教育最高 3000 元（S04）", 300_000),
    Rule("助学：高等教育不超过 1 万元", "S04", "study_aid.v2", "高等教育最高一万元（S04）", 1_000_000),
    Rule("助学：高中不超过 1 万元", "S04", "study_aid.v2", "高中最高一万元（S04）", 1_000_000),
    Rule("助学：特殊教育不超过 1 万元", "S04", "study_aid.v2", "特殊教育最高一万元（S04）", 1_000_000),
    Rule("助学：省级标准甲深度困难 10 倍低保", "S05", "study_aid.v2", "省级标准甲：深度困难十个月（S05）", 760_000),
    Rule("助学：省级标准甲相对困难 8 倍低保", "S05", "study_aid.v2", "省级标准甲：相对困难八个月 6080 元（S05）", 608_000),
    Rule("助学：湖北高等教育 10 倍低保", "S06", "study_aid.v2", "湖北：高等教育十个月，武汉低保 940 元（S06）", 940_000),
    Rule("助学：湖北高中（中职）6 倍低保", "S06", "study_aid.v2", "湖北：高中（中职）六个月 5640 元，武汉低保 940 元（S06）", 564_000),
    Rule("助学：天门建档大学 5000 元", "S37", "study_aid.v2", "建档家庭本科新生，5000 元，集体研究（S37）", 500_000),
    Rule("助学：天门建档高中 3000 元", "S37", "study_aid.v2", "建档家庭高中生，3000 元，负责人审批（S37）", 300_000),
    Rule("助学：天门未建档大学 4000 元", "S37", "study_aid.v2", "未建档家庭大学生，4000 元（S37）", 400_000),
    Rule("助学：天门未建档高中 2000 元", "S37", "study_aid.v2", "未建档家庭中职生，2000 元（S37）", 200_000),
    Rule("助学：陕西不低于 3000 元", "S41", "study_aid.v2", "陕西：普通高校 3000 元（S41）", 300_000),
    Rule("助学：陕西 985、211 不低于 5000 元", "S41", "study_aid.v2", "陕西：985、211 高校 5000 元（S41）", 500_000),
    Rule("助学：贵州一次性 5000 元", "S42", "study_aid.v2", "贵州：一次性 5000 元，只限建档（S42）", 500_000),
    Rule("助学：迪庆最高 3000 元", "S40", "study_aid.v2", "迪庆：深度困难 3000 元（S40）", 300_000),
    Rule("助学：迪庆最低 1000 元", "S40", "study_aid.v2", "迪庆：相对困难 1000 元（S40）", 100_000),
    Rule("助学：免费师范等不在范围", "S37", "study_aid.v2", "免费师范生不在范围（S37）", None),
    Rule("助学：不重复资助", "S39", "study_aid.v2", "已获社会助学的不重复资助（S39）", None),
    Rule("助学：过期不再受理", "S39", "study_aid.v2", "九月一日过期不再受理（S39）", None),
)

ACCIDENTS_AND_VISITS = (
    Rule("意外致困：支出的 15 %", "S05", "accident_aid.v2", "建档，支出 30000、赔付 10000，个人负担的 15 %（S05）", 300_000),
    Rule("意外致困：最高 1 万元", "S05", "accident_aid.v2", "建档，支出十万元，最高一万元（S05）", 1_000_000),
    Rule("伤残：最高 1 万元", "S04", "accident_aid.v2", "因伤致残，最高一万元（S04）", 1_000_000),
    Rule("临时救助：未建档每人每年最高 3000 元", "S06", "accident_aid.v2", "未建档，最高 3000 元（S06）", 300_000),
    Rule("送温暖：每人次不超过 3000 元", "S30", "holiday_visit.v1", "每人次正好 3000 元（S30）", 300_000),
    Rule("送温暖：超过每人次 3000 元", "S30", "holiday_visit.v1", "慰问金超过每人次 3000 元一分（S30）", None),
    Rule("送温暖：武汉教育每人每年 3000 元", "S31", "holiday_visit.v1", "武汉教育工会：每人每年不超过 3000 元，一次正好 3000 元（S31）", 300_000),
    Rule("送温暖：无预算不开支", "S82", "holiday_visit.v1", "预算余额不足，款物不能到位（S82 无预算不开支）", None),
)

MUTUAL = (
    Rule("互助：5000 元以内 30 %", "S46", "mutual_aid.v2", "自付正好 5000 元，30 %（S46）", 150_000),
    Rule("互助：5001 至 10000 元 35 %", "S46", "mutual_aid.v2", "自付正好 10000 元（S46）", 325_000),
    Rule("互助：10001 至 20000 元 40 %", "S46", "mutual_aid.v2", "自付正好 20000 元，第三段 40 %（S46）", 725_000),
    Rule("互助：20001 至 30000 元 45 %", "S46", "mutual_aid.v2", "自付正好 30000 元，第四段 45 %（S46）", 1_175_000),
    Rule("互助：30000 元以上 50 %", "S46", "mutual_aid.v2", "自付 40000 元，超出部分 50 %（S46）", 1_675_000),
    Rule("互助：每期封顶 5 万元", "S46", "mutual_aid.v2", "自付 110000 元，按每期 5 万元封顶（S46）", 5_000_000),
    Rule("互助：每次保底 200 元", "S46", "mutual_aid.v2", "按段算出 90 元，保底 200 元（S46）", 20_000),
    Rule("互助：居民医保一二级医院 10 %", "S46", "mutual_aid.v2", "居民医保、二级医院，范围内费用的 10 %（S46）", 300_000),
    Rule("互助：居民医保三级医院 12 %", "S46", "mutual_aid.v2", "居民医保、三级医院，范围内费用的 12 %（S46）", 360_000),
    Rule("互助：居民医保也受每期 5 万元封顶", "S46", "mutual_aid.v2", "居民医保三级医院，超过每期 5 万元（S46）", 5_000_000),
    Rule("互助：居民医保也有 200 元保底", "S46", "mutual_aid.v2", "居民医保算出 100 元，保底 200 元（S46）", 20_000),
    Rule("互助：内蒙古封顶 50 万元", "S50", "mutual_aid.v2", "每期封顶五十万元的地方（S50 内蒙古）", 50_000_000),
    Rule("互助：内蒙古日补贴 10 元", "S50", "mutual_aid.v2", "入会不满一年，住院 9 天，每天补贴 10 元（S50 内蒙古）", 159_000),
    Rule("互助：内蒙古日补贴 30 元", "S50", "mutual_aid.v2", "会龄满五年，住院 9 天，每天补贴 30 元封顶（S50 内蒙古）", 177_000),
    Rule("互助：期满后 90 天内", "S50", "mutual_aid.v2", "期满后第 91 天，不再受理（S50）", None),
    Rule("互助：四川出院后 60 天内", "S52", "mutual_aid.v2", "出院后第 61 天，不再受理（S52 四川）", None),
    Rule("参保：每人 120 元", "S43", "mutual_enrolment.v1", "一人，120 元（S43）", 12_000),
    Rule("参保：16 周岁以上", "S43", "mutual_enrolment.v1", "15 周岁（S43）", None),
    Rule("参保：55 周岁以上限续保", "S43", "mutual_enrolment.v1", "正好 55 周岁首次参保（S43）", None),
    Rule("参保：12 月 23 日截止", "S43", "mutual_enrolment.v1", "十二月二十四日不再受理（S43）", None),
)

LOANS = (
    Rule("贷免扶补：个人不超过 20 万元", "S65", "startup_loan.v1", "个人正好 20 万元（S65）", 20_000_000),
    Rule("贷免扶补：个人超过 20 万元", "S65", "startup_loan.v1", "个人超过 20 万元一分（S65）", None),
    Rule("贷免扶补：合伙不超过 110 万元", "S65", "startup_loan.v1", "合伙正好 110 万元（S65）", 110_000_000),
    Rule("贷免扶补：合伙超过 110 万元", "S65", "startup_loan.v1", "合伙超过 110 万元一分（S65）", None),
    Rule("贷免扶补：最长 3 年", "S65", "startup_loan.v1", "期限 37 个月（S65）", None),
    Rule("贷免扶补：最多 3 次", "S65", "startup_loan.v1", "第四次申请（S65）", None),
    Rule("贷免扶补：2009 年 5 万元、两年", "S67", "startup_loan.v1", "2009 年的办法，最高 5 万元、24 个月（S67）", None),
    Rule("贷免扶补：代偿前公示", "S66", "startup_loan.v1", "逾期，公示后代偿（S66）", None),
)

MODELS = (
    Rule("劳模生活补助：在职 6566 减收入", "S80a", "model_worker_living.v2", "在职，按差额（S80a）", 679_200),
    Rule("劳模生活补助：退休 3552 减收入", "S80a", "model_worker_living.v2", "退休，按差额（S80a）", 662_400),
    Rule("劳模生活补助：每月最高 1000 元", "S80a", "model_worker_living.v2", "差额超过 1000 元，按 1000 元（S80a）", 1_200_000),
    Rule("劳模生活补助：不低于 0", "S80a", "model_worker_living.v2", "收入高于标准线，不会算成负数（S80a）", 0),
    Rule("劳模生活补助：农民男满 60 周岁、补到 1000", "S80a", "model_worker_living.v2", "男性农民劳模满 60 周岁（S80a）", 720_000),
    Rule("劳模生活补助：农民女满 55 周岁", "S80a", "model_worker_living.v2", "女性农民劳模 54 周岁（S80a）", None),
    Rule("劳模特殊帮扶：收入偏低每年 3000 元", "S80b", "model_worker_special.v1", "收入偏低，每年三千元（S80b），没有乡镇工会的", 300_000),
    Rule("劳模特殊帮扶：本人患病自费 60 %", "S80b", "model_worker_special.v1", "本人患病，自费的百分之六十（S80b）", 1_200_000),
    Rule("劳模特殊帮扶：最高 5 万元", "S80b", "model_worker_special.v1", "超过五万元，按五万元（S80b）", 5_000_000),
    Rule("劳模特殊帮扶：遗属一次 2000 元", "S80b", "model_worker_special.v1", "遗属无收入，一次两千元（S80b）", 200_000),
    Rule("劳模特殊帮扶：青岛自费超过 5000 元", "S80c", "model_worker_special.v1", "自费正好 5000 元，不够起补线（S80c）", None),
)

STAYS = (
    Rule("疗休养：每人每天 400 元，省内 5 天", "S59", "rest_recuperation.v1", "省内 5 天，每天 400 元，一人 2000 元，走完各步（S59）", 200_000),
    Rule("疗休养：省内超过 5 天不可以", "S59", "rest_recuperation.v1", "省内 6 天，超过天数（S59）", None),
    Rule("疗休养：跨省 7 天", "S59", "rest_recuperation.v1", "跨省 7 天，一人 2800 元（S59）", 280_000),
    Rule("疗休养：跨省超过 7 天不可以", "S59", "rest_recuperation.v1", "跨省 8 天，超过天数（S59）", None),
    Rule("疗休养：马鞍山每天不超过 400 元", "S82", "rest_recuperation.v1", "每天 400 元以上一分（S82）", None),
    Rule("疗休养：衢州每天 600 元、每年 3000 元", "S59", "rest_recuperation.v1", "衢州每天 600 元，5 天正好每年 3000 元（S59）", 300_000),
    Rule("疗休养：衢州超过每年 3000 元", "S59", "rest_recuperation.v1", "衢州每天 600 元，跨省 6 天超过每年 3000 元（S59）", None),
    Rule("疗休养：三年内不重复", "S61", "rest_recuperation.v1", "上次差一天不到三年（S61）", None),
    Rule("疗休养：满三年可以", "S59", "rest_recuperation.v1", "上次正好三年前（S59）", 200_000),
    Rule("疗休养：安徽只限跨省", "S59", "rest_recuperation.v1", "安徽只有跨省的要间隔，省内的可以（S59）", 200_000),
    Rule("疗休养：余姚市三分之一、县三分之二", "S60", "rest_recuperation.v1", "余姚市县分担，县承担三分之二（S60）", 133_333),
    Rule("疗休养：须投保", "S82", "rest_recuperation.v1", "没有投保（S82）", None),
    Rule("疗休养：不发现金", "S82", "rest_recuperation.v1", "给个人发钱（S82）", None),
    Rule("疗休养：家属自费", "S59", "rest_recuperation.v1", "家属随行不是自费（S59）", None),
)

CHECKS = (
    Rule("体检：厦门 600 元，超出自理", "S81a", "health_check.v1", "厦门每人 600 元，超出部分自理（S81a）", 60_000),
    Rule("体检：厦门劳模 65 岁以上", "S81a", "health_check.v1", "厦门劳模 64 岁（S81a）", None),
    Rule("体检：绍兴 520 元", "S72b", "health_check.v1", "绍兴每人 520 元（S72b）", 52_000),
    Rule("体检：广东 250 元", "S72c", "health_check.v1", "广东每人 250 元，三人 750 元（S72c）", 75_000),
    Rule("体检：广东三年内未筛查", "S72c", "health_check.v1", "广东三年内未筛查，两年前查过的不行（S72c）", None),
    Rule("体检：鹤壁 200 元", "S72a", "health_check.v1", "鹤壁困难女职工每人 200 元（S72a）", 20_000),
    Rule("体检：女职工每两年一次", "S72d", "health_check.v1", "上次体检正好两年前（S72d）", 50_000),
    Rule("体检：叶县劳模每两年一次", "S81b", "health_check.v1", "上次体检差一天不到两年（S81b）", None),
)

CLASSES = (
    Rule("托管班：新办 10 至 19 人 1 万元", "S73b", "care_class.v1", "新办 19 人，还是 1 万元（S73b）", 1_000_000),
    Rule("托管班：新办 20 至 29 人 2 万元", "S73b", "care_class.v1", "新办 20 人，2 万元（S73b）", 2_000_000),
    Rule("托管班：新办 30 人以上 3 万元", "S73b", "care_class.v1", "新办 30 人，3 万元（S73b）", 3_000_000),
    Rule("托管班：续办 1 万元", "S73b", "care_class.v1", "续办 10 人，1 万元（S73b）", 1_000_000),
    Rule("托管班：续办 1.5 万元", "S73b", "care_class.v1", "续办 20 人，1.5 万元（S73b）", 1_500_000),
    Rule("托管班：续办 2 万元", "S73b", "care_class.v1", "续办 30 人，2 万元（S73b）", 2_000_000),
    Rule("托管班：各班相加", "S73b", "care_class.v1", "三个班，新办 30 人、20 人，续办 20 人，合计 6.5 万元（S73b）", 6_500_000),
    Rule("托管班：不超过 3 个班", "S73b", "care_class.v1", "四个班，超过 3 个（S73b）", None),
    Rule("托管班：不少于 20 个工作日", "S73b", "care_class.v1", "只办了 19 个工作日（S73b）", None),
    Rule("托管班：每班不超过 35 人", "S73b", "care_class.v1", "36 人，超过每班人数（S73b）", None),
    Rule("托管班：验收后拨付", "S73b", "care_class.v1", "还没有结班（S73b 验收后拨付）", None),
    Rule("托管班：全总每班 4.5 万元", "S73a", "care_class.v1", "全总补助，每班 4.5 万元，两个班（S73a）", 9_000_000),
)

CONDOLENCE = (
    Rule("驻村慰问：受伤住院 2000 元", "S57", "village_team_condolence.v1", "意外受伤住院，2000 元（S57）", 200_000),
    Rule("驻村慰问：致残最低 5000 元", "S57", "village_team_condolence.v1", "致残十级，最低 5000 元（S57）", 500_000),
    Rule("驻村慰问：致残最高 2 万元", "S57", "village_team_condolence.v1", "致残一级，最高 20000 元，集体研究（S57）", 2_000_000),
    Rule("驻村慰问：重大疾病 1 万元", "S57", "village_team_condolence.v1", "患癌症等重大疾病，10000 元（S57）", 1_000_000),
    Rule("驻村慰问：因意外去世 5 万元", "S57", "village_team_condolence.v1", "因意外去世，家属领取 50000 元，没有乡镇工会的（S57）", 5_000_000),
    Rule("驻村慰问：因病去世 3 万元", "S57", "village_team_condolence.v1", "因病去世，家属领取 30000 元（S57）", 3_000_000),
    Rule("会员慰问：每次不超过 2000 元", "S82", "grassroots_condolence.v1", "结婚慰问 3000 元，最高 2000 元（S82）", 200_000),
    Rule("会员慰问：同一病种一年一次", "S82", "grassroots_condolence.v1", "今年已因同一病种慰问过（S82）", None),
    Rule("会员慰问：困难慰问最高 2000 元", "S82", "grassroots_condolence.v1", "困难慰问最高 2000 元，已建档（S82）", 200_000),
    Rule("会员慰问：困难慰问须建档", "S82", "grassroots_condolence.v1", "困难慰问，没有建档（S82）", None),
    Rule("节日慰问品：每人每年 2200 元", "S82", "festival_goods.v1", "连同今年已发的正好 2200 元（S82）", 60_000),
    Rule("节日慰问品：超过 2200 元", "S82", "festival_goods.v1", "连同今年已发的超过一分（S82）", None),
    Rule("节日慰问品：不发现金和购物卡", "S82", "festival_goods.v1", "发现金或购物卡（S82）", None),
    Rule("劳模春节慰问：健在的全国劳模", "S80c", "model_worker_festival.v1", "名单里有去世的劳模（S80c 健在的）", None),
    Rule("劳模春节慰问：春节前发完", "S80e", "model_worker_festival.v1", "春节当天不再受理（S80e）", None),
)

UNITS_AND_DREAMS = (
    Rule("小额返还：工资 2 % 的 40 % 上解，全额返还", "S62c", "small_payer_refund.v1", "工资 1 万元，缴 200 元，上解 80 元全额返还（S62c）", 8_000),
    Rule("小额返还：上解不足 1 万元", "S62a", "small_payer_refund.v1", "上解 9999.60 元，不足 1 万元，全额返还（S62a）", 999_960),
    Rule("小额返还：正好 1 万元不算", "S62a", "small_payer_refund.v1", "上解正好 1 万元，不再是小额（S62a）", None),
    Rule("小额返还：厦门 5000 元线", "S62b", "small_payer_refund.v1", "厦门以 5000 元为线，上解 4999.60 元返还（S62b）", 499_960),
    Rule("小额返还：厦门正好 5000 元不算", "S62b", "small_payer_refund.v1", "厦门以 5000 元为线，上解 5000 元不返还（S62b）", None),
    Rule("小额返还：福建看前两年平均，每年最高 1 万元", "S62c", "small_payer_refund.v1",
         "福建看前两年平均，今年多缴也属小额，返还到 1 万元为止（S62b S62c）", 1_000_000),
    Rule("小额返还：国有不返还", "S62a", "small_payer_refund.v1", "国有企业不返还（S62a）", None),
    Rule("小额返还：财政拨款不返还", "S62e", "small_payer_refund.v1", "财政拨款单位不返还（S62e）", None),
    Rule("小额返还：未足额不返还", "S62e", "small_payer_refund.v1", "少缴一分也是未足额（S62e）", None),
    Rule("小额返还：两项政策只享一项", "S62a", "small_payer_refund.v1", "已享受另一项返还政策（S62a）", None),
    Rule("求学圆梦：一次性 1000 元", "S69", "study_dream.v2", "一线农民工取得大专学历，1000 元（S69）", 100_000),
    Rule("求学圆梦：合同满一年", "S69", "study_dream.v2", "合同差一天满 12 个月（S69）", None),
    Rule("求学圆梦：最高到车间主任", "S69", "study_dream.v2", "车间主任以上不可以（S69）", None),
    Rule("求学圆梦：终身一次", "S69", "study_dream.v2", "终身一次（S69）", None),
)

LEGAL = (
    Rule("法律援助：请求 1000 元以上", "S74b", "legal_aid.v1", "请求 999.99 元（S74b）", None),
    Rule("法律援助：正好 1000 元可以", "S74b", "legal_aid.v1", "请求正好 1000 元（S74b）", 0),
    Rule("法律援助：人均收入低于最低工资", "S74b", "legal_aid.v1", "人均收入正好等于最低工资（S74b）", None),
    Rule("法律援助：农民工讨薪不看收入，追回的钱另计", "S74b", "legal_aid.v1", "农民工讨薪，不看收入（S74b）", 2_300_000),
    Rule("法律援助：农民工工伤不看收入", "S74b", "legal_aid.v1", "农民工工伤，不看收入（S74b）", None),
    Rule("法律援助：因灾因病不看收入", "S74b", "legal_aid.v1", "因灾因病致困，不看收入（S74b）", None),
    Rule("法律援助：紧急的先行受理", "S74c", "legal_aid.v1", "情况紧急，先行受理（S74c）", None),
)

RULES = (*FILES, *LIVING, *MEDICAL, *STUDY, *ACCIDENTS_AND_VISITS, *MUTUAL, *GRANTS, *WOMEN, *LOANS, *MODELS,
         *STAYS, *CHECKS, *CLASSES, *CONDOLENCE, *UNITS_AND_DREAMS, *LEGAL)


@cache
def _read(file: str) -> tuple[Definition, dict[str, GoldenCase]]:
    definition = read_path(DEFINITIONS / f"{file}.yaml").definition
    assert definition is not None, file
    name = f"{file}.cases.yaml"
    reading = read_cases((DEFINITIONS / name).read_bytes(), name, definition)
    assert reading.faults == ()
    return definition, {case.name: case for case in reading.cases}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.file.split('.')[0]}-{rule.source}-{rule.words}")
def test_a_rule_found_is_a_golden_case_with_its_source(rule: Rule) -> None:
    definition, known = _read(rule.file)
    assert rule.case in known, f"{rule.file}.cases.yaml has no case {rule.case!r}"
    case = known[rule.case]
    assert re.search(rf"\b{rule.source}(?![0-9a-z])", case.name, re.ASCII), f"{case.name!r} does not cite {rule.source}"
    if rule.fen is None:
        assert case.refused or case.ends or case.flags
    else:
        assert case.amount is not None and case.amount * 100 == rule.fen
    assert [str(miss) for miss in golden.run_cases(definition, [case])] == []


def test_no_rule_stands_here_twice() -> None:
    assert len(set(RULES)) == len(RULES)


@pytest.mark.parametrize(("words", "source", "file", "param", "yuan"), [       # S30
    ("送温暖：每人每年不超过 6000 元", "送温暖资金使用管理办法", "holiday_visit.v1", "per_person_year_cap", 6_000)])
def test_a_cap_of_the_year_found_is_a_cap_over_the_register(words: str, source: str, file: str, param: str, yuan: int) -> None:
    """A golden case knows one case alone; that the register is counted together is shown by tests/goods/test_limits.py."""
    definition, _ = _read(file)
    found = definition.params[param]
    assert found.value == yuan and source in found.source, words
    assert [one.per for one in definition.caps if f"param.{param}" in one.max.names] == ["calendar_year"]
