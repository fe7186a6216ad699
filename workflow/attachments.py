"""Files that people hand in: judged by content, cleaned, and kept encrypted under a random name.

`Store.check` knows only what is inside a file, never what it is called. Pictures are decoded whole and written anew,
so that places, devices and whatever else hid in them is gone; a PDF is kept as it is once nothing in it can act.
`put` and `get` encrypt in chunks bound to the name, their number and their being last: nothing can be cut off,
swapped or mixed. Both are slow for a transaction on SQLite: check first, then write.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from . import documents, pictures
from .errors import Refused, one
from .privacy import KEY_ID, Vault, damaged

MAX_BYTES = 20 * 1024 * 1024
CHUNK = 64 * 1024
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}
ENDINGS = {"jpg": ("jpg", "jpeg", "jfif"), "png": ("png",), "webp": ("webp",), "pdf": ("pdf",)}
WORDS = {"jpg": "JPG", "png": "PNG", "webp": "WebP", "pdf": "PDF"}

# Control, zero-width and direction characters, lone surrogates, line ends: `a\u202egpj.exe` would show as `aexe.jpg`.
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")

_HEADER = bytes((KEY_ID,))
_SALT = 16
_TAG = 16
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}")


@dataclass(frozen=True, slots=True)
class Clean:
    """A file that may be kept. `sha256` (hex) is of `data`; `width` and `height` are None for a PDF."""

    data: bytes
    name: str
    media_type: str
    width: int | None
    height: int | None
    sha256: str


class Store:
    """Files below `root`, which is best a volume of its own. Safe for threads and processes."""

    def __init__(self, root: Path, vault: Vault) -> None:
        self.root = root
        self._key = vault.derive("file")

    def check(self, data: bytes, name: str, accept: Collection[str] = tuple(MEDIA_TYPES)) -> Clean:
        """Return what may be kept of `data`; raise `Refused` with what to do instead. Stores nothing.

        `accept` holds jpg, png, webp, pdf. `name` is kept for people, without control and direction characters.
        """
        if not data:
            raise _refused("FILE_EMPTY", "这个文件是空的，请重新选择文件", "This file is empty; choose it again")
        if len(data) > MAX_BYTES:
            raise _refused("FILE_LARGE", "文件超过 20 MB，请压缩，或分成几个文件上传",
                           "The file is over 20 MB; compress it or split it into several files")
        kind = _kind(data)
        if kind is None or kind not in accept:
            raise _wrong_kind(data, kind, accept)
        if kind == "pdf":
            documents.check(data)
            kept, width, height = data, None, None
        else:
            kept, width, height = pictures.rewrite(data, kind)
        return Clean(kept, plain_name(name, kind), MEDIA_TYPES[kind], width, height, sha256(kept).hexdigest())

    def put(self, clean: Clean) -> str:
        """Write a file for good, onto the disk, and return the name it is stored under."""
        token = secrets.token_hex(16)
        stored_as = f"{token[:2]}/{token[2:]}"
        path = self.root / stored_as
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        try:
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.writelines(self._sealed(stored_as, clean.data))
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        for directory in (path.parent, self.root):
            _to_disk(directory)
        return stored_as

    def get(self, stored_as: str) -> bytes:
        """Return the file; raise `Damaged` when it is not there or not exactly what was stored."""
        if not _NAME.fullmatch(stored_as):
            raise damaged("attachments", stored_as)
        try:
            return b"".join(self._opened(stored_as, (self.root / stored_as).read_bytes()))
        except (OSError, InvalidTag) as error:
            raise damaged("attachments", stored_as) from error

    def remove(self, stored_as: str) -> bool:
        """Delete one file for good; say whether it was there."""
        if not _NAME.fullmatch(stored_as):
            raise damaged("attachments", stored_as)
        try:
            (self.root / stored_as).unlink()
        except FileNotFoundError:
            return False
        return True

    def remove_orphans(self, known: Collection[str], before: datetime) -> int:
        """Delete files last written before `before` that are not `known`: uploads whose transaction never committed.

        `known` is every `attachments.stored_as`, removed ones included. Returns how many were deleted.
        """
        known, count = frozenset(known), 0
        for path in self.root.glob("??/*"):
            if path.relative_to(self.root).as_posix() not in known and path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                count += 1
        return count

    def _sealed(self, name: str, data: bytes) -> Iterator[bytes]:
        salt = os.urandom(_SALT)
        cipher = self._cipher(salt)
        yield _HEADER + salt
        last = max(0, (len(data) - 1) // CHUNK)
        for number in range(last + 1):
            chunk = data[number * CHUNK:(number + 1) * CHUNK]
            yield cipher.encrypt(number.to_bytes(12), chunk, _binding(name, number, number == last))

    def _opened(self, name: str, stored: bytes) -> Iterator[bytes]:
        if stored[:1] != _HEADER or len(stored) < 1 + _SALT + _TAG:
            raise damaged("attachments", name)
        cipher, chunks = self._cipher(stored[1:1 + _SALT]), stored[1 + _SALT:]
        size = CHUNK + _TAG
        last = (len(chunks) - 1) // size
        for number in range(last + 1):
            chunk = chunks[number * size:(number + 1) * size]
            yield cipher.decrypt(number.to_bytes(12), chunk, _binding(name, number, number == last))

    def _cipher(self, salt: bytes) -> AESGCM:
        """A key of its own for every file: so chunk numbers may serve as nonces."""
        return AESGCM(HKDFExpand(SHA256(), 32, b"bangfu/file" + salt).derive(self._key))


def plain_name(name: str, kind: str) -> str:
    """Return what people called the file, in one line, with the ending that fits its content, ≤ 255 characters."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(character for character in name if unicodedata.category(character) not in _UNSEEN)
    stem, _, ending = name.rpartition(".")
    if not stem or not re.fullmatch(r"[A-Za-z0-9]{1,5}", ending):
        stem, ending = name, ""
    ending = ending if ending.lower() in ENDINGS[kind] else kind
    return f"{stem.strip(' .')[:240] or 'file'}.{ending}"


def _kind(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return "pdf" if data.startswith(b"%PDF-") else None


def _wrong_kind(data: bytes, kind: str | None, accept: Collection[str]) -> Refused:
    allowed = [WORDS[word] for word in WORDS if word in accept]
    if kind is None and data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        return _refused("FILE_HEIC", "这是苹果手机的 HEIC 照片。请在“设置—相机—格式”选“兼容性最佳”后重拍，或用截图代替",
                        "This is an HEIC photo. Choose Settings – Camera – Formats – Most Compatible and take it again,"
                        " or send a screenshot")
    return _refused("FILE_KIND", f"这里只收 {'、'.join(allowed)}。请换成这样的文件，其他文件可以先拍照或另存为 PDF",
                    f"Only {', '.join(allowed)} are taken here; take a photo of it or save it as PDF")


def _refused(code: str, zh: str, en: str) -> Refused:
    return Refused(one(code, zh, en))


def _binding(name: str, number: int, last: bool) -> bytes:
    return f"{name}|{number}|{int(last)}".encode()


def _to_disk(directory: Path) -> None:
    """A rename survives a power cut only once the directory is on the disk; Windows keeps no such order."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
