"""PDF documents: kept as they are, if whole, open, and unable to do anything by themselves.

Not a PDF reader: names are looked for outside streams, and inside compressed object streams, where new files keep
most of theirs. Downloads are served apart from our pages as well; this is the first of two fences.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from .errors import Refused, one

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_OBJECTS = re.compile(rb"/ObjStm\b[^>]*>>\s*stream\r?\n(.*?)endstream", re.DOTALL)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTS = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia)(?![A-Za-z])")
_UNPACKED = 32 * 1024 * 1024         # of all object streams together: more than any honest form


def check(data: bytes) -> None:
    """Raise `Refused` for a PDF that is cut off, locked, hides an archive, or holds scripts or other files."""
    begins = re.match(rb"%PDF-[12]\.\d", data)
    if not begins or b"%%EOF" not in data[-2048:] or b"startxref" not in data[-4096:]:
        raise Refused(one("FILE_BROKEN", "PDF 不完整，可能没有下载完。请重新下载或另存后上传",
                           "The PDF is incomplete, perhaps half downloaded; download or save it again"))
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise Refused(one("FILE_POLYGLOT", "这个 PDF 里还藏着压缩包，请用“打印—另存为 PDF”重新生成",
                           "There is an archive hidden in this PDF; make it again with Print – Save as PDF"))
    for names in _names(data):
        if re.search(rb"/Encrypt\b", names):
            raise Refused(one("FILE_LOCKED", "PDF 加了密码或限制，审核人打不开。请取消密码后另存，再上传",
                               "The PDF has a password or restrictions; save it without them and send it again"))
        if _ACTS.search(names):
            raise Refused(one("FILE_ACTIVE", "PDF 里带有脚本、程序或附件，不能上传。请用“打印—另存为 PDF”重新生成",
                               "The PDF holds scripts, programs or attached files; make it again with Print – Save as PDF"))


def _names(data: bytes) -> Iterator[bytes]:
    """Everything outside streams, then every object stream, with `#4a` spelt out in names."""
    yield _ESCAPED.sub(_spelt, _STREAM.sub(b" ", data))
    left = _UNPACKED
    for found in _OBJECTS.finditer(data):
        try:
            objects = zlib.decompressobj().decompress(found[1], left)
        except zlib.error:
            continue                 # not compressed this way: readers would not find names there either
        left -= len(objects)
        if left <= 0:
            raise Refused(one("FILE_LARGE", "PDF 解开后过大，请用“打印—另存为 PDF”重新生成",
                               "The PDF is too large once unpacked; make it again with Print – Save as PDF"))
        yield _ESCAPED.sub(_spelt, objects)


def _spelt(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 16),))
