"""Photos and scans: decoded whole and written anew, upright, within 2400 pixels, with nothing but the picture."""

from __future__ import annotations

import io
import zipfile

from PIL import Image, ImageOps

from .errors import Refused, one

MAX_PIXELS = 40_000_000
LONG_SIDE = 2400                     # enough to read every line of a scanned A4 page
_FORMATS = {"jpg": ("JPEG", "MPO"), "png": ("PNG",), "webp": ("WEBP",)}   # MPO: a JPEG with a second view, from phones


def rewrite(data: bytes, kind: str) -> tuple[bytes, int, int]:
    """Return (the same picture as `kind`, width, height); raise `Refused`.

    Decoding proves that it is a picture; encoding leaves behind EXIF with its place and time, other metadata, colour
    profiles, and anything appended.
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise Refused(one("FILE_POLYGLOT", "这个文件里还藏着压缩包，请重新拍照或截图后上传",
                           "There is an archive hidden in this file; take the photo again or send a screenshot"))
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS[kind]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise _too_many_pixels()
            if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
                raise Refused(one("FILE_ANIMATED", "这是动图，请换成静止的照片",
                                  "This picture moves; send a still photo"))
            opened.draft(None, (LONG_SIDE, LONG_SIDE))            # a JPEG may be decoded at half size, much faster
            picture = ImageOps.exif_transpose(opened)
            picture.load()
    except Refused:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except Exception as error:       # a decoder fed with bad bytes raises nearly anything, and all of it means this
        raise Refused(one("FILE_BROKEN", "图片不完整或已损坏，打不开。请重新拍照后上传",
                           "The picture is incomplete or damaged; take it again")) from error
    picture = _plain(picture, transparent=kind != "jpg" and picture.has_transparency_data)
    picture.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    return _encoded(picture, kind), picture.width, picture.height


def _plain(picture: Image.Image, transparent: bool) -> Image.Image:
    """Eight bits a channel, grey, colour or transparent; palettes, CMYK and 16 bits are converted."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return picture.convert("RGBA" if transparent else "L" if picture.mode in ("1", "L") else "RGB")


def _encoded(picture: Image.Image, kind: str) -> bytes:
    picture.info.clear()             # or PNG and WebP would carry the old profile and texts along
    out = io.BytesIO()
    if kind == "png":
        picture.save(out, "PNG", compress_level=6)
    elif kind == "webp":
        picture.save(out, "WEBP", quality=88, method=3)
    else:
        picture.save(out, "JPEG", quality=88, optimize=True)
    return out.getvalue()


def _too_many_pixels() -> Refused:
    return Refused(one("FILE_PIXELS", "图片超过 4000 万像素，请调低相机分辨率或截图后上传",
                       "The picture has over 40 megapixels; lower the camera's resolution or send a screenshot"))
