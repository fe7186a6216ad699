"""An evidence bundle: all that an auditor needs to check some cases at home, with the program that does it.

A zip of the exact event bytes with their proofs to the newest seal, the cases and decisions as they stand, the
definitions they rest on, the attachments, `verify.py` and a page of instructions. Its last 64 bytes are the SHA-256 of
all before them. Personal data are masked unless asked for: a masked value comes without the key of its commitment.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..errors import Damaged
from ..language.identity import mask
from ..privacy import vault
from ..records import Attachment, Case, Decision, Event, Release, Seal
from .append import field_key, open_details
from .merkle import Span, collect, consistency, inclusion, leaf, span_root, subtrees
from .seals import parse_note, printed_key
from .verifier import COLUMNS, snapshot

FORMAT = "bangfu-bundle/1"
RECENT = 100                         # seals proven one by one; of earlier days only the last of each
MASKED = frozenset({"idcard", "phone", "bankcard"})
HIDDEN = ("sealed", "form", "figures", "returned")
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}
_NUMBERS = re.compile(r"\d[\d\s-]{9,}[\dXx]")   # a phone, card or identity number in free text
_HASHES = text("SELECT hash FROM events WHERE leaf_index < :size ORDER BY leaf_index")

INSTRUCTIONS = """取证包说明

一、核验（不需要联网，不需要安装其他程序）
  1. 电脑上有 Python 3.8 或更新版本即可。
  2. 在本文件所在的文件夹打开命令行，输入：python verify.py 取证包.zip
  3. 手里有以前保存的封存文本时，请一并核对：python verify.py 取证包.zip --seal 封存.txt
  4. 显示“全部一致”为通过；显示“×”的每一行都写明哪一件、第几步、什么时间、哪里不符。
  verify.py 请使用您另行保存的一份，不要只用包里的这一份。

二、封存
  seal.txt 是最近一次封存。请把其中第三行（总哈希）与纸质月报、上级工会邮箱里的封存核对。

三、文件
  events.jsonl 每一步的原文及证明；cases.json 案件；decisions.json 决定；attachments.json 与 files/ 材料；
  definitions/ 当时执行的项目定义；seals.json 历次封存。
  身份证号、手机号、银行卡号等个人信息{masking}。

导出时间：{made_at}（UTC）　案件 {cases} 件　步骤 {steps} 步
"""


def bundle(session: Session, case_ids: Collection[str], now: datetime, *, include_files: bool = True,
           unmask: bool = False, seal_notes: Sequence[str] = ()) -> bytes:
    """Return the zip for these cases; the caller judges who may have it and records the export.

    Proves every step up to the newest seal, so seal first. `seal_notes` are seals kept outside that must be proven
    even where the system no longer has them. Files come from `session.info["store"]`; one that does not open is
    named as such, and so is reported when the bundle is checked. Sees what is committed, as `verify` does.
    """
    with snapshot(session) as reader:
        return _zip(_members(reader, case_ids, now, include_files, unmask, seal_notes), now)


def _members(session: Session, case_ids: Collection[str], now: datetime, include_files: bool, unmask: bool,
             seal_notes: Sequence[str]) -> dict[str, bytes]:
    """Return the files of the zip by name."""
    cases = session.execute(select(Case.__table__).where(Case.id.in_(case_ids)).order_by(Case.id)).all()
    events = session.execute(select(Event.__table__).where(Event.stream.in_(case_ids))
                             .order_by(Event.stream, Event.seq)).all()
    releases = {release.digest: release for release in session.scalars(
        select(Release).where(Release.digest.in_({case.definition_digest for case in cases})))}
    covers = {case.id: _Cover(releases.get(case.definition_digest), unmask) for case in cases}
    seals = _seals(session, seal_notes)
    size = seals[0][0] if seals else 0
    leaves = [event.leaf_index for event in events if event.leaf_index is not None and event.leaf_index < size]
    proofs = _proofs(session, size, leaves, [old for old, _ in seals])
    files = _files(session, case_ids, include_files, unmask)
    members: dict[str, bytes] = {
        "manifest.json": _json({"format": FORMAT, "made_at": _utc(now), "cases": sorted(case_ids), "unmasked": unmask,
                                "files": include_files, "key": _key(session, seals)}),
        "events.jsonl": b"".join(orjson.dumps(_event(session, event, proofs, covers.get(event.stream))) + b"\n"
                                 for event in events),
        "cases.json": _json([_case(session, case, covers[case.id]) for case in cases]),
        "decisions.json": _json(list(_decisions(session, case_ids, unmask))),
        "attachments.json": _json([facts for facts, _ in files]),
        "seals.json": _json([{"note": note, "consistency": proofs.older.get(old, [])} for old, note in seals]),
        "verify.py": (Path(__file__).parent / "verify.py").read_bytes(),
        "说明.txt": INSTRUCTIONS.format(
            masking="按要求未遮盖，请妥善保管" if unmask else "已遮盖", made_at=_utc(now), cases=len(cases),
            steps=len(events)).encode(),
    }
    if seals:
        members["seal.txt"] = seals[0][1].encode()
    for release in releases.values():
        name = f"definitions/{release.key}.v{release.version}"
        members |= {f"{name}.json": release.document.encode(), f"{name}.yaml": release.source.encode()}
    return members | {str(facts["file"]): data for facts, data in files if data is not None}


class _Cover:
    """What of a case's fields is shown: masks come from the types and marks of its own definition."""

    def __init__(self, release: Release | None, unmask: bool) -> None:
        document = orjson.loads(release.document) if release is not None else {}
        form = document.get("form")
        self.form: Mapping[str, Any] = form if isinstance(form, dict) else {}
        self.known, self.unmask = release is not None, unmask

    def masked(self, name: str) -> bool:
        """Say whether a field stays covered; one that no definition knows always does."""
        if self.unmask or not name.startswith("form."):
            return False
        spec = self.form.get(name[5:])
        if not isinstance(spec, dict):
            return True
        columns = spec.get("columns")
        inner = columns.values() if isinstance(columns, dict) else columns if isinstance(columns, list) else ()
        return _personal(spec) or any(_personal(column) for column in inner if isinstance(column, dict))

    def show(self, name: str, value: Any) -> Any:
        if value is None or not self.masked(name):
            return value
        spec = self.form.get(name[5:])
        kind = str(spec.get("type", "")) if isinstance(spec, dict) else ""
        if isinstance(spec, dict) and _is_name(spec):
            kind = "name"
        return mask(kind, value) if isinstance(value, str) else "****"

    def comment(self, words: str) -> str:
        return words if self.unmask else _NUMBERS.sub("****", words)


def _personal(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("sensitive")) or spec.get("type") in MASKED or _is_name(spec)


def _is_name(spec: Mapping[str, Any]) -> bool:
    return spec.get("prefill") == "applicant.name"


def _event(session: Session, event: Any, proofs: _Proofs, cover: _Cover | None) -> dict[str, Any]:
    columns = {name: getattr(event, name) for name, _ in COLUMNS}
    return {
        "columns": {**columns, "at": _utc(event.at)}, "body": _b64(event.body), "prev": event.prev.hex(),
        "hash": event.hash.hex(), "leaf": event.leaf_index, "proof": proofs.inside.get(event.leaf_index, []),
        "details": _details(session, event, cover or _Cover(None, False)),
    }


def _details(session: Session, event: Any, cover: _Cover) -> dict[str, Any] | None:
    """Return what may be shown of comment and values, each with the key that proves it; None where nothing opens."""
    try:
        opened = open_details(session, event.stream, event.seq, event.details)
    except Damaged:
        return None                  # the body still tells that there was something, so checking reports it
    if opened is None:
        return None
    salt, shown = bytes.fromhex(opened["salt"]), cover.comment(opened["comment"])
    details: dict[str, Any] = {"comment": shown, "changes": {}}
    if shown and shown == opened["comment"]:
        details["comment_key"] = field_key(salt, "comment").hex()
    for name, (old, new) in opened["changes"].items():
        change = details["changes"][name] = {"old": cover.show(name, old), "new": cover.show(name, new)}
        if not cover.masked(name):
            change["key"] = field_key(salt, name).hex()
    return details


def _case(session: Session, case: Any, cover: _Cover) -> dict[str, Any]:
    form = dict(case.form)
    if case.sealed is not None:
        try:
            form |= vault(session).open_json("cases.sealed", case.id, case.sealed)
        except Damaged:
            form["****"] = "****"
    facts = {name: _plain(value) for name, value in case._mapping.items() if name not in HIDDEN}
    return {**facts, "form": {name: cover.show(f"form.{name}", value) for name, value in form.items()}}


def _decisions(session: Session, case_ids: Collection[str], unmask: bool) -> Iterator[dict[str, Any]]:
    table = Decision.__table__
    for row in session.execute(select(table).where(table.c.case_id.in_(case_ids)).order_by(table.c.case_id, table.c.seq)):
        facts = {name: _plain(value) for name, value in row._mapping.items() if name != "snapshot"}
        if unmask and row.snapshot is None:
            facts["snapshot"] = None
        elif unmask:
            try:
                facts["snapshot"] = _b64(vault(session).open("decisions.snapshot", f"{row.case_id}:{row.seq}", row.snapshot))
            except Damaged:
                facts["snapshot"] = ""
        yield facts


def _files(session: Session, case_ids: Collection[str], include: bool, unmask: bool,
           ) -> list[tuple[dict[str, Any], bytes | None]]:
    table, files = Attachment.__table__, []
    for row in session.execute(select(table).where(table.c.case_id.in_(case_ids)).order_by(table.c.id)):
        facts = {name: _plain(value) for name, value in row._mapping.items() if name not in ("stored_as", "name")}
        if unmask:
            facts["name"] = row.name
        data: bytes | None = None
        if include:
            try:
                data = session.info["store"].get(row.stored_as)
            except Damaged:
                data = None
        facts["file"] = f"files/{row.id}.{_ENDINGS.get(row.media_type, 'bin')}" if data is not None else None
        files.append((facts, data))
    return files


class _Proofs:
    """Audit paths in base64: `inside` by leaf, `older` by the size of an older seal."""

    def __init__(self) -> None:
        self.inside: dict[int, list[str]] = {}
        self.older: dict[int, list[str]] = {}


def _proofs(session: Session, size: int, leaves: Sequence[int], olds: Sequence[int]) -> _Proofs:
    """Read the log's hashes once, up to `size`, and keep only what these proofs are made of."""
    inside = {index: inclusion(index, size) for index in leaves}
    older = {old: consistency(old, size) for old in olds if 0 < old <= size}
    wanted = subtrees(span for spans in (*inside.values(), *older.values()) for span in spans)
    streaming = session.connection().execution_options(stream_results=True, yield_per=5000)
    _, known = collect((leaf(bytes(row[0])) for row in streaming.execute(_HASHES, {"size": size})), wanted)
    proofs = _Proofs()
    proofs.inside = {index: _written(spans, known) for index, spans in inside.items()}
    proofs.older = {old: _written(spans, known) for old, spans in older.items()}
    return proofs


def _written(spans: Sequence[Span], known: Mapping[Span, bytes]) -> list[str]:
    """Where events are missing from the log a subtree may be too: then there is no proof, and checking says so."""
    if not subtrees(spans) <= known.keys():
        return []
    return [_b64(span_root(span, known)) for span in spans]


def _seals(session: Session, outside: Sequence[str]) -> list[tuple[int, str]]:
    """Return (size, note), newest first: the recent ones, the last of every day before, and sizes asked for."""
    wanted, days = set(), set()
    for note in outside:
        try:
            wanted.add(parse_note(note).size)
        except ValueError:
            continue                 # whoever holds it will be told by verify.py
    sizes = []
    for number, row in enumerate(session.execute(select(Seal.size, Seal.sealed_at).order_by(Seal.size.desc()))):
        if number < RECENT or row.sealed_at.date() not in days or row.size in wanted:
            sizes.append(row.size)
        days.add(row.sealed_at.date())
    notes = session.execute(select(Seal.size, Seal.note).where(Seal.size.in_(sizes)).order_by(Seal.size.desc()))
    return [(row.size, row.note) for row in notes]


def _key(session: Session, seals: Sequence[tuple[int, str]]) -> str | None:
    try:
        return printed_key(parse_note(seals[0][1]).origin, vault(session).signing_key().public_key()) if seals else None
    except ValueError:
        return None


def _zip(members: Mapping[str, bytes], now: datetime) -> bytes:
    """Write the archive; the digest of everything before it stands in the zip's own comment, at the very end."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, now.astimezone(UTC).timetuple()[:6])
            info.compress_type = zipfile.ZIP_STORED if name.startswith("files/") else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
        archive.comment = b"0" * 64
    written = buffer.getvalue()[:-64]
    return written + hashlib.sha256(written).hexdigest().encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else value


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
