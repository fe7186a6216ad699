"""Check an evidence bundle at home: one file, Python 3.8 or newer, nothing to install, no network.

    python verify.py 取证包.zip [--seal 封存.txt] [--key 公钥] [--en]

It shares no code with the system it checks. It recomputes every chain, holds the readable columns against the
recorded bytes, proves that each step is in the sealed log and that an older seal is the beginning of a newer one,
and hashes every attachment. Answers 0 when all is right, 1 when something does not fit, 2 when it cannot check.
Signatures need the package `cryptography`; without it, compare the printed root with the one on paper.
"""

# ruff: noqa: T201 - this program's output is what it prints.

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import io
import json
import sys
import zipfile
from datetime import date, datetime, timedelta
from typing import Any, Dict, Iterator, List, Sequence, Tuple  # noqa: UP035 - the names of Python 3.8

Said = Dict[str, Any]  # noqa: UP006
Note = Tuple[str, int, bytes, str, List[Tuple[str, bytes, bytes]]]  # noqa: UP006

FORMAT = "bangfu-bundle/1"
COLUMNS = {
    "stream": "stream", "seq": "seq", "kind": "kind", "at": "at", "actor_id": "actor", "role": "role",
    "organisation_id": "org", "on_behalf_of": "behalf", "trigger": "trigger", "from_state": "from",
    "to_state": "to", "amount_fen": "amount", "revision": "rev", "definition_digest": "def",
    "snapshot_digest": "snap", "idem_key": "idem", "request_digest": "req",
}
CASE = {"state": "to", "revision": "rev", "amount_fen": "amount", "definition_digest": "def"}
DECISION = {
    "state": "from", "trigger": "trigger", "actor_id": "actor", "role": "role", "organisation_id": "org", "at": "at",
    "amount_fen": "amount", "definition_digest": "def", "snapshot_digest": "snap",
}


class CannotCheck(Exception):
    """This is no bundle, or one that this program does not know."""


class Report:
    """Findings and remarks, in both languages."""

    def __init__(self) -> None:
        self.findings: list[tuple[str, str]] = []
        self.remarks: list[tuple[str, str]] = []

    def wrong(self, zh: str, en: str) -> None:
        self.findings.append((zh, en))

    def remark(self, zh: str, en: str) -> None:
        self.remarks.append((zh, en))


# --- hashes ----------------------------------------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right)


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(key: bytes, side: bytes, value: object) -> str:
    return hmac.new(key, side + b"\0" + canonical(value), hashlib.sha256).hexdigest()


def included(hashed: bytes, index: int, size: int, proof: list[bytes], root: bytes | None) -> bool:
    """RFC 9162, 2.1.3.2."""
    at, last = index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node(sibling, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node(hashed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def extended(old: int, size: int, old_root: bytes, root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size or not proof:
        return False
    path = [old_root] + proof if old & (old - 1) == 0 else proof
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(sibling, first), node(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def kept_until(ended: str, retention: str) -> str:
    """Return the time, as it stands in a step, at which the retention period of a case that ended then is over."""
    number, _, unit = retention.partition(" ")
    if not number.isdigit() or unit not in ("year", "years", "month", "months"):
        return "9999"
    day = (datetime.fromisoformat(ended[:19]) + timedelta(hours=8)).date()       # on the wall calendar of the office
    year, month = divmod(day.year * 12 + day.month - 1 + int(number) * (12 if unit.startswith("year") else 1), 12)
    first, following = date(year, month + 1, 1), date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last = min(following - timedelta(days=1), first + timedelta(days=day.day - 1))
    return f"{last}T16:00:00.000000Z"                                            # 24:00 there


# --- reading ---------------------------------------------------------------------------------------------


def read_bundle(data: bytes, report: Report) -> dict[str, bytes]:
    """Return {name: bytes} of a bundle; its last 64 bytes are the SHA-256 of all before them."""
    if hashlib.sha256(data[:-64]).hexdigest().encode() != data[-64:]:
        report.wrong("取证包文件在导出之后被改动或损坏（整包哈希不符）",
                     "The bundle was altered or damaged after its export (hash of the whole file)")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception as error:       # whatever a damaged zip makes zipfile or zlib raise
        raise CannotCheck(f"取证包打不开：{error}", f"The bundle does not open: {error}") from error


def read_note(text: str) -> Note:
    """Return (origin, size, root, signed text, [(name, key id, signature)]) of a seal; raises ValueError."""
    signed, gap, tail = text.rpartition("\n\n")
    lines = signed.split("\n")
    if not gap or len(lines) < 3 or not tail.endswith("\n") or not lines[1].isdigit():
        raise ValueError("not a seal")
    signatures = []
    for line in tail[:-1].split("\n"):
        dash, name, blob = line.split(" ")
        raw = base64.b64decode(blob, validate=True)
        if dash != "\u2014" or base64.b64encode(raw).decode() != blob:
            raise ValueError("not a signature line")
        signatures.append((name, raw[:4], raw[4:]))
    root = base64.b64decode(lines[2], validate=True)
    if len(root) != 32 or base64.b64encode(root).decode() != lines[2]:
        raise ValueError("not a root")
    return lines[0], int(lines[1]), root, signed + "\n", signatures


def signature_right(note: Note, key: str) -> bool | None:
    """Return True or False, or None where it cannot be checked here. `key` is `origin+id+base64`."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return None
    origin, _, _, signed, signatures = note
    name, _, blob = key.split("+", 2)
    public = base64.b64decode(blob)[1:]
    wanted = sha256(name.encode() + b"\n\x01" + public)[:4]
    for who, key_id, signature in signatures:
        if who == origin == name and key_id == wanted:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, signed.encode())
                return True
            except InvalidSignature:
                return False
    return False


# --- checking --------------------------------------------------------------------------------------------


class Bundle:
    """What the bundle says, and the checks of its parts against each other."""

    def __init__(self, members: dict[str, bytes], report: Report) -> None:
        self.members, self.report = members, report
        try:
            self.manifest = self.json("manifest.json")
            if self.manifest["format"] != FORMAT:
                raise CannotCheck("这不是本程序认识的取证包", "Not a bundle that this program knows")
            self.events = [json.loads(line) for line in members["events.jsonl"].decode().splitlines()]
            self.cases = {case["id"]: case for case in self.json("cases.json")}
            self.decisions = self.json("decisions.json")
            self.attachments = {file["id"]: file for file in self.json("attachments.json")}
            self.seals = self.json("seals.json")
        except (KeyError, ValueError, TypeError) as error:
            raise CannotCheck(f"取证包内容不完整：{error!r}", f"The bundle is incomplete: {error!r}") from error
        self.size: int | None = None
        self.root: bytes | None = None
        self.unsealed = self.masked = 0
        self.heads: dict[str, tuple[int, str, Said]] = {}        # stream: last step, its hash, its body
        self.told: dict[str, Said] = {}                          # stream: what its events made of each field
        self.numbers: dict[str, str] = {}
        self.versions: dict[str, str | None] = {}                    # the definition each case goes by, as its steps say
        self.bodies: dict[tuple[str, int], Said] = {}
        self.attached: dict[str, tuple[Said, Said]] = {}
        self.bare: dict[tuple[str, int], Said] = {}              # steps that lost their contents
        self.ended: dict[str, str] = {}                          # when each case last went from one state to another
        self.erased: dict[str, int] = {}                         # the step that erased a case rightly
        self.last_leaf: dict[str, float] = {}

    def json(self, name: str) -> Any:
        return json.loads(self.members[name].decode())

    def wrong(self, event: Said, zh: str, en: str) -> None:
        case = self.cases.get(event["stream"], {}).get("number") or event["stream"]
        self.report.wrong("{} 第 {} 步（{}）：{}".format(case, event["seq"], event["at"], zh),
                          "{}, step {} ({}): {}".format(case, event["seq"], event["at"], en))

    def check_seals(self, outside: Sequence[str], key: str | None) -> None:
        """The newest seal in the bundle is what steps are proven against; older ones must be its beginning."""
        notes = []
        for seal in self.seals:
            try:
                notes.append((read_note(seal["note"]), [base64.b64decode(one) for one in seal["consistency"]]))
            except ValueError:
                self.report.wrong("包内的一份封存读不出来", "A seal in the bundle cannot be read")
        if not notes:
            self.report.remark("包内没有封存，只能核对步骤之间的链条", "No seal in the bundle: only the chains were checked")
        for note, proof in notes:
            (_, size, root, _, _), _ = notes[0]
            self.size, self.root = size, root
            self.check_signature(note, key)
            if note[1] and not extended(note[1], size, note[2], root, proof):
                self.report.wrong(f"封存（{note[1]} 条）不是最新封存（{size} 条）的开头：封存之后有记录被改动",
                                  f"The seal at {note[1]} is no beginning of the newest at {size}")
        for text in outside:
            self.check_outside(text, [note for note, _ in notes], key)

    def check_outside(self, text: str, known: Sequence[Note], key: str | None) -> None:
        try:
            note = read_note(text)
        except ValueError:
            self.report.wrong("您提供的封存文本读不出来，请检查是否完整", "The seal you gave cannot be read")
            return
        self.check_signature(note, key)
        same = [other for other in known if other[1] == note[1]]
        if self.size is None or note[1] > self.size:
            self.report.wrong(f"您的封存有 {note[1]} 条记录，取证包只到 {self.size or 0} 条：记录被删除，或导出前没有封存",
                              f"Your seal counts {note[1]} events, the bundle {self.size or 0}: events were removed")
        elif not same:
            self.report.wrong(f"包内没有您这份封存（{note[1]} 条）的衔接证明：它在系统中可能已被删除",
                              f"The bundle has no proof for your seal ({note[1]} events): it may have been removed")
        elif same[0][2] != note[2]:
            self.report.wrong(f"您的封存（{note[1]} 条）与系统现在的记录不符：封存之前的记录被改动",
                              f"Your seal ({note[1]} events) is not that of the log: something before it was altered")
        else:
            self.report.remark(f"您的封存（{note[1]} 条）与取证包一致", f"Your seal ({note[1]} events) fits the bundle")

    def check_signature(self, note: Note, key: str | None) -> None:
        if key and signature_right(note, key) is False:
            self.report.wrong(f"封存（{note[1]} 条）的签名不对", f"The signature of the seal at {note[1]} is wrong")

    def check_events(self) -> None:
        for event in self.events:
            columns = event["columns"]
            row = {"stream": columns["stream"], "seq": columns["seq"], "at": columns["at"]}
            body, prev = base64.b64decode(event["body"]), bytes.fromhex(event["prev"])
            linked = sha256(b"bangfu-event/1\0" + prev + body)
            try:
                said = json.loads(body.decode())
            except ValueError:
                said = {}
            if linked.hex() != event["hash"] or said.get("v") != 1:
                self.wrong(row, "存证原文与其哈希值不符，内容被改动", "the recorded bytes do not match their hash")
            for name, key in COLUMNS.items():
                if columns.get(name) != said.get(key):
                    self.wrong(row, f"“{name}”现为 {columns.get(name)}，存证原文为 {said.get(key)}",
                               f"“{name}” is {columns.get(name)}, the recorded bytes say {said.get(key)}")
            self.check_link(row, prev)
            self.check_leaf(row, event)
            self.check_details(row, event.get("details"), said)
            self.heads[row["stream"]] = (row["seq"], event["hash"], said)
            self.bodies[row["stream"], row["seq"]] = said
            self.remember(row, said)
        for row in self.bare.values():
            self.wrong(row, "意见与字段内容缺失，且没有删除记录", "the comment and values are gone without a word")

    def check_link(self, row: Said, prev: bytes) -> None:
        head = self.heads.get(row["stream"])
        due = 1 if head is None else head[0] + 1
        if row["seq"] != due:
            self.wrong(row, f"前面缺少步骤，应为第 {due} 步", f"steps before it are missing: step {due} was due")
        elif prev.hex() != (head[1] if head else sha256(b"bangfu-stream/1\0" + row["stream"].encode()).hex()):
            self.wrong(row, "与前一步的哈希值接不上", "does not chain to the step before")

    def check_leaf(self, row: Said, event: Said) -> None:
        leaf, before = event["leaf"], self.last_leaf.get(row["stream"], -1)
        if self.size is None or leaf is None or leaf >= self.size:
            self.unsealed += 1
            self.last_leaf[row["stream"]] = float("inf")
            return
        hashed = sha256(b"\0" + bytes.fromhex(event["hash"]))
        proof = [base64.b64decode(one) for one in event["proof"]]
        if leaf <= before or not included(hashed, leaf, self.size, proof, self.root):
            self.wrong(row, "不在封存的总账里：这一步被改动或换过", "is not in the sealed log: altered or replaced")
        self.last_leaf[row["stream"]] = leaf

    def check_details(self, row: Said, details: Said | None, said: Said) -> None:
        if "comment" not in said and "changes" not in said:
            if details:
                self.wrong(row, "意见或字段内容没有存证", "a comment or value that was never committed to")
            return
        if not details:
            self.bare[row["stream"], row["seq"]] = row
            return
        fine = bool(details.get("comment")) == ("comment" in said) and (
            details.get("changes", {}).keys() == said.get("changes", {}).keys())
        if "comment_key" in details:
            key = bytes.fromhex(details["comment_key"])
            fine = fine and commitment(key, b"comment", details["comment"]) == said.get("comment")
        elif "comment" in said:
            self.masked += 1
        for name, change in details.get("changes", {}).items():
            if "key" in change:
                key = bytes.fromhex(change["key"])
                sides = [commitment(key, b"old", change["old"]), commitment(key, b"new", change["new"])]
                fine = fine and sides == said.get("changes", {}).get(name)
            else:
                self.masked += 1
            self.told.setdefault(row["stream"], {})[name] = change
        if not fine:
            self.wrong(row, "意见或字段内容与存证不符", "the comment or values differ from what was committed to")

    def remember(self, row: Said, said: Said) -> None:
        extra = said.get("extra", {})
        if "number" in extra:
            self.numbers[row["stream"]] = extra["number"]
        was, now = self.versions.get(row["stream"]), said.get("def")
        if was not in (None, now) and (said.get("kind") not in ("migrate", "migrate_undo") or extra.get("from_digest") != was):
            self.wrong(row, "所用的项目版本变了，却没有相应的迁移记录", "it goes by another version, and no move explains it")
        self.versions[row["stream"]] = now
        if said.get("kind") == "attach":
            self.attached[str(extra.get("attachment"))] = (row, extra)
        elif said.get("kind") == "erase":
            self.bare = {place: other for place, other in self.bare.items() if place[0] != row["stream"]}
            self.check_erasure(row, said)
        if said.get("from") not in (None, said.get("to")):
            self.ended[row["stream"]] = str(said.get("at"))
        elif said.get("kind") == "import":       # it ended before this system, on the day its list said
            self.ended[row["stream"]] = f"{extra.get('ended_on')}T04:00:00.000000Z"

    def check_erasure(self, row: Said, said: Said) -> None:
        """Contents may be erased once the time is over that the case's definition says they are kept."""
        for name, data in self.members.items():
            if name.startswith("definitions/") and name.endswith(".json") and sha256(data).hex() == said.get("def"):
                if kept_until(self.ended.get(row["stream"], ""), str(json.loads(data.decode()).get("retention"))) <= str(said.get("at")):
                    self.erased[row["stream"]] = row["seq"]
                    return
        self.wrong(row, "个人信息在保存期限届满以前被删除，或者项目没有规定保存期限",
                   "personal data were erased before the retention period was over, or without one")

    def gone_rightly(self, row: Said) -> bool:
        return bool(row["seq"] < self.erased.get(row["stream"], 0))

    def check_cases(self) -> None:
        for case_id in self.manifest["cases"]:
            case, head = self.cases.get(case_id), self.heads.get(case_id)
            if case is None or head is None:
                self.report.wrong("案件 {} 不完整：{}".format(case_id, "没有案件" if case is None else "没有操作记录"),
                                  "Case {} is incomplete: no {}".format(case_id, "case" if case is None else "events"))
                continue
            seq, linked, said = head
            row = {"stream": case_id, "seq": seq, "at": said.get("at")}
            last = case["last_seq"]
            if last > seq:
                self.wrong(row, f"案件记到第 {last} 步，最近的操作记录被删除",
                           f"the case stands at step {last}: its newest events were removed")
                continue
            pairs = [(name, case[name], said.get(key)) for name, key in CASE.items()]
            pairs += [("last_seq", case["last_seq"], seq), ("last_hash", case["last_hash"], linked),
                      ("number", case["number"], self.numbers.get(case_id))]
            if case_id in self.erased:
                pairs.append(("form", case["form"], {}))
            for name, change in self.told.get(case_id, {}).items():
                if name.startswith("form.") and "key" in change:
                    pairs.append((name, case["form"].get(name[5:]), change["new"]))
            for name, found, wanted in pairs:
                if found != wanted:
                    self.wrong(row, f"案件的“{name}”现为 {found}，最后的记录为 {wanted}",
                               f"the case's “{name}” is {found}, its events say {wanted}")

    def check_decisions(self) -> None:
        seen = set()
        for decision in self.decisions:
            place = decision["case_id"], decision["seq"]
            said = self.bodies.get(place)
            seen.add(place)
            row = {"stream": place[0], "seq": place[1], "at": decision["at"]}
            if said is None:
                self.wrong(row, "有决定依据，但没有操作记录", "a decision without an event")
                continue
            for name, key in DECISION.items():
                if decision[name] != said.get(key):
                    self.wrong(row, f"决定的“{name}”为 {decision[name]}，操作记录为 {said.get(key)}",
                               f"the decision's “{name}” is {decision[name]}, the event says {said.get(key)}")
            if "snapshot" in decision and decision["snapshot"] is None:
                if not self.gone_rightly(row):
                    self.wrong(row, "决定时的依据被清空，而没有按保存期限删除的记录",
                               "the facts of the decision are gone, and no step says that they were rightly erased")
            elif "snapshot" in decision and sha256(base64.b64decode(decision["snapshot"])).hex() != decision["snapshot_digest"]:
                self.wrong(row, "决定时的依据与其摘要不符", "the facts of the decision differ from their digest")
        for place, said in self.bodies.items():
            if "snap" in said and place not in seen:
                self.wrong({"stream": place[0], "seq": place[1], "at": said.get("at")}, "决定依据缺失", "its decision is gone")

    def check_files(self) -> None:
        for file_id, (row, extra) in self.attached.items():
            file = self.attachments.get(file_id)
            if file is None:
                self.wrong(row, f"上传的材料 {file_id} 缺失", f"the file {file_id} is gone")
                continue
            for name in ("kind", "media_type", "size", "sha256"):
                if name in extra and file[name] != extra[name]:
                    self.wrong(row, f"材料 {file_id} 的“{name}”与上传记录不符",
                               f"file {file_id}: “{name}” is not as the event says")
            if file["file"] is None:
                if self.manifest["files"] and not self.gone_rightly(row):
                    self.wrong(row, f"材料 {file_id} 的文件已打不开", f"file {file_id} could not be read")
            elif sha256(self.members.get(file["file"], b"")).hex() != extra.get("sha256"):
                self.wrong(row, f"材料 {file_id} 的内容与上传时不同", f"file {file_id} is not what was attached")
        for file_id in self.attachments.keys() - self.attached.keys():
            self.report.wrong(f"材料 {file_id} 没有上传记录", f"No event tells of file {file_id}")

    def check_definitions(self) -> None:
        texts = {sha256(data).hex() for name, data in self.members.items() if name.startswith("definitions/")}
        for case in self.cases.values():
            if case["definition_digest"] not in texts:
                name = case["number"] or case["id"]
                self.report.wrong(f"案件 {name} 所依据的项目定义缺失或被改动",
                                  f"The definition of case {name} is missing or altered")


def check(data: bytes, outside: Sequence[str], key: str | None, report: Report) -> Bundle:
    """Check a whole bundle; return it. Raises CannotCheck."""
    bundle = Bundle(read_bundle(data, report), report)
    try:
        bundle.check_seals(outside, key or bundle.manifest.get("key"))
        bundle.check_events()
        bundle.check_cases()
        bundle.check_decisions()
        bundle.check_files()
        bundle.check_definitions()
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        report.wrong(f"取证包内容残缺，后面的内容没有核对：{error!r}", f"The bundle is damaged; the rest was not checked: {error!r}")
    return bundle


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="核验取证包 / check an evidence bundle")
    parser.add_argument("bundle", help="取证包 .zip")
    parser.add_argument("--seal", action="append", default=[], help="您自己保存的封存文本，可多次 / a seal you kept")
    parser.add_argument("--key", help="封存公钥（origin+id+base64）/ the key of the seals")
    parser.add_argument("--en", action="store_true", help="English")
    options = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    tongue, report = int(options.en), Report()
    try:
        outside = []
        for name in options.seal:
            with open(name, encoding="utf-8", newline="") as file:
                outside.append(file.read().replace("\r\n", "\n"))
        with open(options.bundle, "rb") as file:
            bundle = check(file.read(), outside, options.key, report)
    except (OSError, UnicodeDecodeError, CannotCheck) as error:
        for finding in report.findings:
            print("× " + finding[tongue])
        print(("无法核验：%s", "Cannot check: %s")[tongue] % (error.args[tongue] if isinstance(error, CannotCheck) else error))
        return 2
    for finding in report.findings:
        print("× " + finding[tongue])
    for line in summary(bundle, report, options.key):
        print(line[tongue])
    return 1 if report.findings else 0


def summary(bundle: Bundle, report: Report, key: str | None) -> Iterator[tuple[str, str]]:
    """Yield the closing lines in both languages."""
    yield from report.remarks
    if bundle.unsealed:
        yield (f"其中 {bundle.unsealed} 步晚于最新封存，只核对了链条",
               f"{bundle.unsealed} steps are newer than the newest seal; only their chains were checked")
    if bundle.masked:
        yield (f"其中 {bundle.masked} 项内容已遮盖，未核对其原文", f"{bundle.masked} masked values were not checked")
    if bundle.root is not None:
        root = base64.b64encode(bundle.root).decode()
        yield (f"封存：{bundle.size} 条记录，总哈希 {root}", f"Sealed: {bundle.size} events, root {root}")
        if key is None:
            yield ("请将总哈希与您保存的封存或纸质月报核对；公钥取自包内，未经您确认",
                   "Compare the root with the seal you keep or the printed report; the key came with the bundle")
        try:
            import cryptography  # noqa: F401
        except ImportError:
            yield ("未安装 cryptography，签名未核对，请以总哈希为准", "Signatures were not checked: no cryptography here")
    cases, steps, count = len(bundle.cases), len(bundle.events), len(report.findings)
    if count:
        yield (f"核验 {cases} 件、{steps} 步：发现 {count} 处不符", f"{cases} cases, {steps} steps: {count} findings")
    else:
        yield (f"核验 {cases} 件、{steps} 步：全部一致", f"{cases} cases, {steps} steps: all in order")


if __name__ == "__main__":
    sys.exit(main())
