"""The words of a PDF as Chromium writes it, page by page: enough to see what stands on which sheet of paper."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Mapping

_OBJECT = re.compile(rb"\n(\d+) 0 obj\n(.*?)endobj", re.S)
_STREAM = re.compile(rb"stream\n(.*)endstream", re.S)
_SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9a-fA-F]+)> Tj")


def pages(data: bytes) -> list[str]:
    """Return the text of each page, in order, without the spaces between words that are set apart. A font may name a part of a letter for the letter."""
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    return [unicodedata.normalize("NFKC", _text(objects, body)) for body in objects.values() if re.match(rb"<</Type /Page\n", body)]


def _text(objects: Mapping[int, bytes], page: bytes) -> str:
    fonts = {name: _letters(objects, objects[int(number)]) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)}
    content = re.search(rb"/Contents (\d+) 0 R", page)
    assert content is not None
    said, letters = "", dict[str, str]()
    for font, codes in _SHOWN.findall(_unpacked(objects[int(content[1])])):
        if font:
            letters = fonts[font]
        else:
            text = codes.decode().upper()
            wide = len(next(iter(letters), "00"))
            said += "".join(letters.get(text[at:at + wide], "") for at in range(0, len(text), wide))
    return said


def _letters(objects: Mapping[int, bytes], font: bytes) -> dict[str, str]:
    """Return {code in hex: letter} of a font's map to Unicode."""
    named = re.search(rb"/ToUnicode (\d+) 0 R", font)
    if named is None:
        return {}
    table = _unpacked(objects[int(named[1])]).decode("ascii", "replace")
    found: dict[str, str] = {}
    for block in re.findall(r"beginbfchar\n(.*?)endbfchar", table, re.S):
        found |= {code.upper(): _letter(to) for code, to in re.findall(r"<(\w+)> <(\w+)>", block)}
    for block in re.findall(r"beginbfrange\n(.*?)endbfrange", table, re.S):
        for first, last, to in re.findall(r"<(\w+)> <(\w+)> <(\w+)>", block):
            found |= {f"{int(first, 16) + step:0{len(first)}X}": chr(int(to, 16) + step) for step in range(int(last, 16) - int(first, 16) + 1)}
    return found


def _letter(code: str) -> str:
    return bytes.fromhex(code).decode("utf-16-be", "replace")


def _unpacked(body: bytes) -> bytes:
    stream = _STREAM.search(body)
    assert stream is not None
    return zlib.decompress(stream[1])
