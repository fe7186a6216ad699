"""Only whole, harmless pictures and PDFs get in; what is stored comes back exact or not at all."""

from __future__ import annotations

import io
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from workflow.attachments import CHUNK, MAX_BYTES, Clean, Store, plain_name
from workflow.errors import Damaged, Refused
from workflow.privacy import Vault


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, Vault(b"k" * 32))


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object) -> bytes:
    colour = None if mode in ("P", "I;16") else 128 if mode in ("L", "1") else (200, 30, 30, 40)[:len(mode)]
    image = Image.new(mode, size, colour)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def pdf(extra: bytes = b"") -> bytes:
    return (b"%PDF-1.7\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n" + extra +
            b"\nxref\n0 1\ntrailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n")


def refused(store: Store, data: bytes, name: str = "x", accept: tuple[str, ...] = ("jpg", "png", "webp", "pdf")) -> str:
    with pytest.raises(Refused) as refusal:
        store.check(data, name, accept)
    assert refusal.value.messages[0].en
    assert not any(store.root.iterdir())
    return refusal.value.messages[0].code


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_picture_is_known_by_its_content(store: Store, kind: str, media_type: str) -> None:
    clean = store.check(picture(kind), "身份证.pdf")
    assert (clean.media_type, clean.width, clean.height) == (media_type, 60, 40)
    assert Image.open(io.BytesIO(clean.data)).format == kind
    assert clean.name.startswith("身份证.") and not clean.name.endswith("pdf")


@pytest.mark.parametrize(("kind", "mode"), [
    ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "P"), ("PNG", "RGBA"), ("PNG", "1"), ("PNG", "LA"), ("PNG", "I;16"),
    ("WEBP", "RGBA"),
])
def test_every_colour_mode_is_taken(store: Store, kind: str, mode: str) -> None:
    clean = store.check(picture(kind, mode=mode), "x")
    kept = Image.open(io.BytesIO(clean.data))
    assert kept.mode in ("L", "RGB", "RGBA") and (kept.mode == "RGBA") == (mode in ("RGBA", "LA"))


def test_sixteen_bits_keep_their_brightness(store: Store) -> None:
    out = io.BytesIO()
    Image.new("I;16", (10, 10), 32768).save(out, "PNG")
    kept = Image.open(io.BytesIO(store.check(out.getvalue(), "x").data))
    assert abs(int(kept.convert("L").getpixel((5, 5))) - 128) <= 1  # type: ignore[arg-type]


def test_place_and_device_do_not_survive_and_the_picture_stands_upright(store: Store) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6                                      # rotated by a quarter
    exif[0x010F] = "SECRET-PHONE"
    exif.get_ifd(0x8825)[1] = "N"
    clean = store.check(picture(exif=exif, comment=b"SECRET-COMMENT"), "a.jpg")
    kept = Image.open(io.BytesIO(clean.data))
    assert (clean.width, clean.height) == kept.size == (40, 60)
    assert not kept.getexif() and b"SECRET" not in clean.data


def test_texts_and_profiles_in_png_and_webp_do_not_survive(store: Store) -> None:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Comment", "SECRET")
    profile = b"SECRET" * 10
    for data in (picture("PNG", pnginfo=info, icc_profile=profile), picture("WEBP", xmp=b"SECRET", icc_profile=profile)):
        assert b"SECRET" in data
        assert b"SECRET" not in store.check(data, "x").data


def test_large_pictures_are_shrunk_to_what_can_be_read(store: Store) -> None:
    clean = store.check(picture(size=(5000, 2500)), "x.jpg")
    assert (clean.width, clean.height) == (2400, 1200)


def test_what_is_appended_to_a_picture_does_not_survive(store: Store) -> None:
    assert b"<script" not in store.check(picture() + b"<script>alert(1)</script>", "x.jpg").data


def test_an_archive_behind_a_picture_or_pdf_is_refused(store: Store) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x", "y")
    assert refused(store, picture() + out.getvalue()) == "FILE_POLYGLOT"
    assert refused(store, pdf(out.getvalue())) == "FILE_POLYGLOT"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(store: Store, kind: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    assert refused(store, out.getvalue()) == "FILE_ANIMATED"


def test_a_second_view_in_a_phone_photo_is_left_behind(store: Store) -> None:
    out = io.BytesIO()
    first, second = (Image.new("RGB", (20, 10), colour) for colour in ("red", "blue"))
    first.save(out, "MPO", save_all=True, append_images=[second])
    clean = store.check(out.getvalue(), "x.jpg")
    assert Image.open(io.BytesIO(clean.data)).format == "JPEG"


def test_too_many_pixels_are_refused_before_they_are_decoded(store: Store) -> None:
    bomb = bytearray(picture("PNG"))
    for side in (9000, 60000):
        bomb[16:24] = side.to_bytes(4) * 2
        bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4)
        assert refused(store, bytes(bomb)) == "FILE_PIXELS"


@pytest.mark.parametrize("data", [picture()[:-300], picture("PNG")[:50], b"\xff\xd8\xff", pdf()[:-10], pdf()[:60]])
def test_a_damaged_file_is_refused(store: Store, data: bytes) -> None:
    assert refused(store, data) == "FILE_BROKEN"


@pytest.mark.parametrize(("data", "code"), [
    (b"", "FILE_EMPTY"),
    (b"%PDF-" + b"x" * MAX_BYTES, "FILE_LARGE"),
    (b"<html><script>", "FILE_KIND"),
    (b"GIF89a....", "FILE_KIND"),
    (b"\n" + pdf(), "FILE_KIND"),
    (b"\0\0\0\x18ftypheic" + b"x" * 50, "FILE_HEIC"),
])
def test_anything_else_is_refused(store: Store, data: bytes, code: str) -> None:
    assert refused(store, data, "x.jpg") == code


def test_only_what_this_attachment_accepts_is_taken(store: Store) -> None:
    assert refused(store, pdf(), accept=("jpg", "png")) == "FILE_KIND"


def stream(content: bytes, kind: bytes = b"") -> bytes:
    packed = zlib.compress(content)
    return b"5 0 obj\n<<%b /Filter /FlateDecode /Length %d>>\nstream\n%b\nendstream" % (kind, len(packed), packed)


@pytest.mark.parametrize("extra", [
    b"5 0 obj <</S /JavaScript /JS (app.alert(1))>> endobj", b"<</JS(x)>>", b"<</S/Launch/F(cmd.exe)>>",
    b"<</Type /EmbeddedFile>>", b"<</Names <</EmbeddedFiles 3 0 R>>>>", b"<</S /Java#53cript>>", b"<</#4aS (x)>>",
    stream(b"7 0 <</S /JavaScript>>", b"/Type /ObjStm /N 1 /First 4"),
])
def test_a_pdf_that_could_act_is_refused(store: Store, extra: bytes) -> None:
    assert refused(store, pdf(extra)) == "FILE_ACTIVE"


def test_a_locked_pdf_is_refused(store: Store) -> None:
    assert refused(store, pdf(b"<</Encrypt 4 0 R>>")) == "FILE_LOCKED"


def test_an_object_stream_that_unpacks_without_end_is_refused(store: Store) -> None:
    assert refused(store, pdf(stream(b"\0" * (40 << 20), b"/Type /ObjStm"))) == "FILE_LARGE"


def test_a_plain_pdf_is_kept_as_it_is(store: Store) -> None:
    data = pdf(stream(b"BT (/JS is only text here) Tj ET") + b"\n<</JSTOR 1 /Title (Launch)>>")
    clean = store.check(data, "证明.PDF")
    assert (clean.data, clean.media_type, clean.width, clean.name) == (data, "application/pdf", None, "证明.PDF")


@pytest.mark.parametrize(("name", "kept"), [
    ("身份证 正面.JPG", "身份证 正面.JPG"), ("C:\\tmp\\低保证.jpeg", "低保证.jpeg"), ("../../etc/passwd", "passwd.jpg"),
    ("a\u202egpj.exe", "agpj.jpg"), ("x\r\nSet-Cookie: a.jpg", "xSet-Cookie: a.jpg"),
    ("2025.11.21报告", "2025.11.21报告.jpg"),
    ("", "file.jpg"), (".jpg", "jpg.jpg"), ("x" * 300 + ".jpg", "x" * 240 + ".jpg"), ("张\u200b三.png", "张三.jpg"),
])
def test_a_file_keeps_the_name_people_gave_it(name: str, kept: str) -> None:
    assert plain_name(name, "jpg") == kept


def clean(data: bytes) -> Clean:
    return Clean(data, "x.pdf", "application/pdf", None, None, "")


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_is_stored_comes_back_exactly(store: Store, size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    stored_as = store.put(clean(data))
    assert store.get(stored_as) == data
    assert data[:50] not in (store.root / stored_as).read_bytes() or size < 50
    assert not list(store.root.rglob("*.part"))


def test_a_file_cut_off_altered_swapped_or_gone_is_damaged(store: Store) -> None:
    data = bytes(3 * CHUNK)
    one, other = store.put(clean(data)), store.put(clean(data))
    whole, piece = (store.root / one).read_bytes(), CHUNK + 16
    head, chunks = whole[:17], whole[17:]
    for broken in (whole[:-piece], whole[:17], whole[:5], b"", whole + b"x", whole[:-1] + bytes([whole[-1] ^ 1]),
                   head + chunks[piece:2 * piece] + chunks[:piece] + chunks[2 * piece:],
                   (store.root / other).read_bytes()):
        (store.root / one).write_bytes(broken)
        with pytest.raises(Damaged):
            store.get(one)
    (store.root / one).unlink()
    for name in (one, "../secret", "aa/../../x", "", "/etc/passwd"):
        with pytest.raises(Damaged):
            store.get(name)


def test_uploads_that_no_row_knows_are_removed_after_a_while(store: Store) -> None:
    kept, orphan = store.put(clean(b"1")), store.put(clean(b"2"))
    now = datetime.now(UTC)
    assert store.remove_orphans([kept], now - timedelta(days=1)) == 0
    assert store.remove_orphans([kept], now + timedelta(minutes=1)) == 1
    assert store.get(kept) == b"1"
    with pytest.raises(Damaged):
        store.get(orphan)
