"""Drawn papers that look like scans: an identity card, a bill, a receipt. All of them say 样本.

Drawn here rather than kept in the repository, and each only once for a name, because a demo needs hundreds.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

from PIL import Image, ImageDraw, ImageFont

from workflow.attachments import Clean, Store

# Where systems keep a Chinese font. Without any the papers carry lines and "SAMPLE" only.
_FONTS = ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
          "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", "/System/Library/Fonts/PingFang.ttc",
          "/System/Library/Fonts/STHeiti Light.ttc", "C:/Windows/Fonts/msyh.ttc", "C:/Windows/Fonts/simhei.ttf")
_PAPER = {"id_card": (600, 380, "居民身份证（样本）"), "diagnosis": (480, 660, "诊断证明书"), "settlement": (480, 660, "医疗费用结算单"),
          "mutual_sheet": (480, 620, "职工医疗互助补助单"), "diploma": (600, 420, "毕业证书"),
          "xuexin": (480, 660, "学历证书电子注册备案表"), "contract": (480, 660, "劳动合同书"), "honour": (600, 420, "荣誉证书"),
          "income": (480, 660, "收入证明"), "visit": (480, 640, "入户核实记录"), "notice_photo": (640, 460, "公示"),
          "receipt": (600, 340, "银行电子回单"), "authorisation": (480, 620, "代办授权书"), "upper_reply": (480, 640, "关于医疗救助的批复"),
          "proof": (480, 640, "事故证明"), "bills": (480, 660, "费用单据"), "admission": (600, 420, "录取通知书"), "fee": (480, 620, "缴费通知单"),
          "family": (600, 420, "户口簿"), "hardship": (480, 640, "困难证明"), "minutes": (480, 660, "会议纪要")}


class Drawer:
    """Draws papers and has the store check each one once; the same paper is handed out again after that."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._drawn: dict[tuple[str, str, tuple[str, ...]], Clean] = {}

    def paper(self, kind: str, name: str, lines: Sequence[str] = (), *, title: str = "") -> Clean:
        """Return a paper; `title` is what one says that has no form of its own here."""
        key = kind, name, tuple(lines)
        if key not in self._drawn:
            title = (_PAPER[kind][2] if kind in _PAPER else title).split("（")[0]
            self._drawn[key] = self._store.check(draw(kind, name, lines, title=title), f"{title}.jpg")
        return self._drawn[key]


def draw(kind: str, name: str, lines: Sequence[str] = (), *, title: str = "") -> bytes:
    """Return the paper as JPEG, some ten kilobytes."""
    width, height, title = _PAPER.get(kind, (480, 640, title))
    dice = random.Random(crc32(f"{kind}{name}".encode()))
    shade = dice.randrange(236, 250)
    picture = Image.new("L", (width, height), shade)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((14, 14, width - 15, height - 15), outline=120, width=2)
    chinese = _font(22) is not None
    _write(pen, (width // 2, 52), title if chinese else "SAMPLE", 26, 40, middle=True)
    text = [f"姓名：{name}", *lines] if chinese else []
    for place, line in enumerate(text):
        _write(pen, (40, 96 + place * 34), line, 18, 60)
    below = 106 + len(text) * 34
    for y in range(below, height - 70, 26):
        pen.line((40, y, width - 40 - dice.randrange(140), y), fill=shade - 40, width=2)
    if kind == "id_card":
        pen.rectangle((width - 170, 100, width - 50, 250), outline=150, width=2)
        pen.ellipse((width - 135, 118, width - 85, 172), outline=150, width=2)
        pen.arc((width - 155, 178, width - 65, 300), 180, 360, fill=150, width=2)
    else:
        centre = width - 110, height - 90
        pen.ellipse((centre[0] - 46, centre[1] - 46, centre[0] + 46, centre[1] + 46), outline=140, width=3)
        _write(pen, centre, "样本" if chinese else "SAMPLE", 20, 140, middle=True)
    pen.line((0, height - 3, width, height - 3 - dice.randrange(8)), fill=190, width=8)      # the edge of the scanner
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60)
    return out.getvalue()


def _write(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, shade: int, *, middle: bool = False) -> None:
    font = _font(size) or ImageFont.load_default(size)
    pen.text(at, text, fill=shade, font=font, anchor="mm" if middle else "la")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | None:
    found = next((path for path in _FONTS if Path(path).is_file()), None)
    return None if found is None else ImageFont.truetype(found, size)
