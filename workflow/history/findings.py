"""What a verification found, in sentences: which case, which step, when, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from ..errors import Message

LAST = 1 << 62                       # the position of what has no leaf yet: after everything that has one
_BEIJING = timezone(timedelta(hours=8))

# code: (Chinese, English). They complete "申请 X 第 n 步（time）：" and "Case X, step n (time): ".
SENTENCES = {
    "BODY": ("存证原文与其哈希值不符，内容被改动", "the recorded bytes do not match their hash: the content was altered"),
    "COLUMN": ("查询列“{name}”现为 {found}，与存证原文中的 {wanted} 不符",
               "column “{name}” says {found}, the recorded bytes say {wanted}"),
    "CHAIN": ("与前一步的哈希值接不上：这一步或前一步被改动、替换", "does not chain to the step before: one of the two was altered"),
    "MISSING": ("缺少第 {first} 步至第 {last} 步，记录被删除", "steps {first} to {last} are missing: events were removed"),
    "ORDER": ("步骤顺序错乱，应为第 {wanted} 步", "out of order: step {wanted} was due here"),
    "LEAF": ("总账第 {first} 位至第 {last} 位空缺，记录被删除或改了位置",
             "positions {first} to {last} of the log are empty: events were removed or moved"),
    "REPEATED": ("总账位置 {place} 重复或倒退", "position {place} of the log is used twice or goes backwards"),
    "ERASED": ("意见与字段内容缺失，且没有删除记录", "the comment and values are gone, and no event tells of their erasure"),
    "DETAILS": ("意见或字段内容打不开，或与存证不符", "the comment or values do not open, or differ from what was committed to"),
    "CASE_GONE": ("有操作记录，但案件本身已不存在", "events exist, the case itself is gone"),
    "EVENTS_GONE": ("案件存在，但没有任何操作记录", "the case exists, its events are gone"),
    "VERSION": ("所用的项目版本变了，却没有相应的迁移记录", "it goes by another version of the programme, and no move from the one before explains it"),
    "NEWEST_GONE": ("案件记到第 {wanted} 步，操作记录只到第 {found} 步，最近的记录被删除",
                    "the case stands at step {wanted}, its events end at {found}: the newest were removed"),
    "CASE": ("案件的“{name}”现为 {found}，与最后一步记录的 {wanted} 不符，未经办理被改动",
             "the case's “{name}” is {found}, its last event says {wanted}: changed by hand"),
    "FORM": ("案件字段“{name}”的现值与历次记录不符，未经办理被改动",
             "the case's field “{name}” is not what its events made it: changed by hand"),
    "FORM_DAMAGED": ("案件的加密字段打不开，可能被改动", "the case's sealed fields do not open: altered"),
    "DECISION_GONE": ("有决定记录，但决定依据已不存在", "the event tells of a decision, the decision itself is gone"),
    "DECISION_EXTRA": ("有决定依据，但没有对应的操作记录", "a decision stands without an event"),
    "DECISION": ("决定的“{name}”为 {found}，与操作记录的 {wanted} 不符", "the decision's “{name}” is {found}, the event says {wanted}"),
    "SNAPSHOT": ("决定时的依据（快照）打不开，或与存证不符", "the facts of the decision do not open, or differ from their digest"),
    "SNAPSHOT_GONE": ("决定时的依据（快照）被清空，而没有按保存期限删除的记录",
                      "the facts of the decision are gone, and no event says that they were rightly erased"),
    "OBJECTION_GONE": ("异议的内容被清空，而没有按保存期限删除的记录", "the words of an objection are gone, and no event says that they were rightly erased"),
    "NOTICE_GONE": ("公示的内容被清空，而没有按保存期限删除的记录", "what the notice said is gone, and no event says that it was rightly erased"),
    "RETURN_GONE": ("退款的原因被清空，而没有按保存期限删除的记录", "why money came back is gone, and no event says that it was rightly erased"),
    "PAYEE_GONE": ("收款人被清空，而没有按保存期限删除的记录", "who was to be paid is gone, and no event says that it was rightly erased"),
    "FILE_END_GONE": ("档案撤销的原因被清空，而没有按保存期限删除的记录", "why its file ended is gone, and no event says that it was rightly erased"),
    "ERASE_EARLY": ("个人信息在保存期限届满以前被删除，或者项目没有规定保存期限",
                    "personal data were erased before the retention period was over, or without one"),
    "ERASE_UNTOLD": ("案件标为个人信息已删除，而没有删除的记录", "the case says that its personal data were erased, and no event does"),
    "RELEASE": ("项目定义“{name}”的内容与其摘要不符，发布后被改动", "the text of definition “{name}” was altered after its release"),
    "RELEASE_USED": ("案件所用项目定义的摘要与发布的版本不符", "the case's definition digest is not that of the released version"),
    "RELEASE_EVENT": ("项目定义“{name}”没有对应的发布记录", "no event tells of the release of definition “{name}”"),
    "FILE_GONE": ("材料 {name} 有上传记录，但登记已不存在", "file {name} was attached, its row is gone"),
    "FILE_EXTRA": ("材料 {name} 没有对应的上传记录", "no event tells of file {name}"),
    "FILE": ("材料 {name} 的“{column}”现为 {found}，与上传记录的 {wanted} 不符",
             "file {name}: “{column}” is {found}, the event says {wanted}"),
    "POOL": ("资金池 {name} 的“{column}”为 {found}，与账目合计的 {wanted} 不符",
             "pool {name}: “{column}” is {found}, its books come to {wanted}"),
    "HOLD": ("在资金池 {name} 的预留与账目不符：没有记账、重复处理，或退回金额不等于账目合计",
             "its hold in pool {name} is not what the books say: not entered, resolved twice, or returned by another sum"),
    "ENTRY_EVENT": ("资金池 {name} 第 {place} 笔账没有对应的操作记录", "entry {place} of pool {name} names an event that does not exist"),
    "ENTRY": ("资金池 {name} 第 {place} 笔账与操作记录或预留不符", "entry {place} of pool {name} is not what its event or its hold says"),
    "PAYMENT": ("发放批次 {name} 的“{column}”为 {found}，与封存或发出记录的 {wanted} 不符",
                "payment batch {name}: “{column}” is {found}, its seal or sending says {wanted}"),
    "PAYMENT_LINE": ("发放批次 {name} 第 {place} 笔的结果没有银行回单或签收记录", "payment {place} of batch {name}: no answer of the bank and no receipt says so"),
    "SEAL_ROOT": ("封存 {size} 条时的总哈希与现有记录不符：封存之前的记录被改动、删除或插入",
                  "the root sealed at {size} events is not that of the log: something before it was altered"),
    "LOG_SHORT": ("封存时有 {size} 条记录，现在只有 {found} 条，最近的记录被删除",
                  "{size} events were sealed, the log has {found}: the newest were removed"),
    "SEAL_SIGNATURE": ("封存（{size} 条）的签名不对，封存内容被改动或不是本系统所签",
                       "the signature of the seal at {size} events is wrong: altered, or not ours"),
    "SEAL_ROW": ("封存（{size} 条）的登记与其签名原文不符", "the row of the seal at {size} events differs from its signed note"),
    "SEAL_GONE": ("出示的封存（{size} 条）在系统中已不存在，被删除", "the seal shown ({size} events) is gone from the system"),
    "SEAL_UNREADABLE": ("封存文本不完整，无法读取", "the text of a seal cannot be read"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit. `case` is the case's number, or its id, or the stream; None for the log itself."""

    code: str
    case: str | None
    stream: str | None
    seq: int | None
    at: datetime | None
    zh: str
    en: str

    def text(self, lang: str = "zh") -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Findings:
    """The result: `items` in the order of the log, first one first, and what was gone through."""

    items: tuple[Finding, ...]
    events: int
    cases: int
    seals: int
    size: int
    root: bytes
    unchecked: tuple[Message, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.items

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)


@dataclass(slots=True)
class Report:
    """Collects while rows go by; numbers and sentences come at the end, when it is known which cases are meant."""

    raised: list[tuple[float, str, str | None, int | None, str | None, dict[str, object]]] = field(default_factory=list)

    def add(self, code: str, position: float, stream: str | None = None, seq: int | None = None, at: str | None = None,
            **facts: object) -> None:
        """Note one finding; `position` is its place in the log, `at` ISO text as in the body."""
        self.raised.append((position, code, stream, seq, at, facts))

    def streams(self) -> set[str]:
        return {entry[2] for entry in self.raised if entry[2] is not None}

    def items(self, numbers: dict[str, str | None]) -> tuple[Finding, ...]:
        """Return every finding, first one first; `numbers` are the cases by id."""
        return tuple(_finding(entry, numbers) for entry in sorted(self.raised, key=lambda entry: entry[0]))


def _finding(entry: tuple[float, str, str | None, int | None, str | None, dict[str, object]],
             numbers: dict[str, str | None]) -> Finding:
    _, code, stream, seq, at, facts = entry
    moment = _moment(at)
    zh, en = (sentence.format(**facts) for sentence in SENTENCES[code])
    number = None if stream is None else numbers.get(stream) or stream
    head_zh = "" if stream is None else f"申请 {number}" if is_case(stream) else f"记录 {stream}"
    head_en = "" if stream is None else f"Case {number}" if is_case(stream) else f"Stream {stream}"
    if seq is not None:
        head_zh, head_en = f"{head_zh}第 {seq} 步", f"{head_en}, step {seq}"
    if moment is not None:
        local = moment.astimezone(_BEIJING)
        head_zh, head_en = f"{head_zh}（{local:%Y-%m-%d %H:%M:%S}）", f"{head_en} ({local:%Y-%m-%d %H:%M:%S})"
    return Finding(code, number, stream, seq, moment,
                   f"{head_zh}：{zh}" if head_zh else zh, f"{head_en}: {en}" if head_en else en[:1].upper() + en[1:])


def _moment(at: str | None) -> datetime | None:
    try:
        return None if at is None else datetime.fromisoformat(at)
    except ValueError:
        return None                  # the time itself was damaged; the finding says so in its own words


def is_case(stream: str) -> bool:
    """Case ids are 20 characters of base32; every other stream has a colon or is a single word."""
    return len(stream) == 20 and ":" not in stream
