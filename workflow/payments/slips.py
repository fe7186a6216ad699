"""The receipt of one case paid by bank, made from the bank's answer: a PDF of one page, kept with the case's files.

Its Chinese is set in the fonts that readers have for it, so that nothing needs to be shipped. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence


def slip(title: str, rows: Sequence[tuple[str, str]], foot: str) -> bytes:
    """Return a PDF with a title, lines of (what, value) and a foot. The same words give the same bytes."""
    content = [b"BT /F 20 Tf 1 0 0 1 72 770 Tm <" + _hex(title) + b"> Tj ET", b"0.6 w 72 756 m 523 756 l S"]
    y = 726
    for what, value in rows:
        content.append(b"BT /F 11 Tf 1 0 0 1 72 %d Tm <%s> Tj ET" % (y, _hex(what)))
        for piece in [value[at:at + 34] for at in range(0, len(value), 34)] or [""]:
            content.append(b"BT /F 11 Tf 1 0 0 1 190 %d Tm <%s> Tj ET" % (y, _hex(piece)))
            y -= 22
    content += [b"0.6 w 72 %d m 523 %d l S" % (y, y), b"BT /F 9 Tf 1 0 0 1 72 %d Tm <%s> Tj ET" % (y - 18, _hex(foot))]
    stream = b"\n".join(content)
    return _file([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F 4 0 R >> >> /Contents 6 0 R >>",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H /DescendantFonts [5 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >>"
        b" /FontDescriptor 7 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120"
        b" /CapHeight 880 /StemV 93 >>",
    ])


def _file(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _hex(text: str) -> bytes:
    return text.encode("utf-16-be").hex().upper().encode()
