"""Headers, form tokens, other sites, sizes, caching: the same for every page."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

import web
from tests.web.county import addresses
from web import create_app
from web.settings import Unset, read

HERE = Path(web.__file__).parent


def test_no_post_without_a_form_token(app, signed_in):
    browser = signed_in("admin")
    for path, _declared in addresses(app, "POST"):
        if not path.startswith("/api/"):
            answer = browser.client.post(path)
            assert answer.status_code == 400, path
            assert "页面已过期" in answer.text


def test_a_form_of_another_site_is_not_carried_out(signed_in):
    browser = signed_in("wangli")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}):
        browser.headers = {}
        token = browser.token()
        answer = browser.client.post("/settings", data={"csrf_token": token, "lang": "en"}, headers=headers)
        assert answer.status_code == 403
    assert '<html lang="zh-CN">' in browser.get("/settings").text


def test_every_page_carries_the_headers(signed_in, visitor):
    for answer in (visitor().get("/sign-in"), signed_in("admin").get("/admin/accounts"), visitor().get("/nothing")):
        headers = answer.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Cookie" in headers["Vary"]


def test_the_cookie_cannot_be_read_by_scripts_or_sent_from_elsewhere(signed_in, visitor, county):
    cookie = visitor().sign_in("wangli").headers.getlist("Set-Cookie")[0]
    assert cookie.startswith("bangfu=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_over_https_the_cookie_is_bound_to_this_host(database):
    app = create_app({"DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "HTTPS": True,
                      "ORIGIN": "https://bangfu.example"})
    client = app.test_client()
    answer = client.get("/sign-in", base_url="https://bangfu.example")
    assert "__Host-bangfu=" in answer.headers["Set-Cookie"] and "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"]
    assert client.get("/sign-in", base_url="https://evil.example").status_code == 400


def test_forwarded_headers_count_only_with_a_trusted_proxy(database):
    given = {"DATABASE_URL": database, "SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32}
    for hops, address in ((0, "127.0.0.1"), (1, "203.0.113.7")):
        app = create_app({**given, "TRUSTED_PROXIES": hops})
        with app.test_client() as client:
            client.get("/help", headers={"X-Forwarded-For": "203.0.113.7"})
            from flask import request
            assert request.remote_addr == address


def test_a_body_that_is_too_large_is_refused_with_a_sentence(signed_in):
    browser = signed_in("admin")
    answer = browser.post("/admin/definitions/check", {"file": (io.BytesIO(b"x" * (21 * 1024 * 1024)), "x.yaml")})
    assert answer.status_code == 413
    assert "文件太大" in answer.text


def test_assets_have_their_content_in_the_address_and_are_kept_for_a_year(visitor):
    browser = visitor()
    page = browser.get("/sign-in").text
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        assert re.search(r"\?v=[0-9a-f]{12}", path), path
        assert browser.get(path.partition("#")[0]).headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", sorted((HERE / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_inline_styles_or_scripts(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"""[^'"\s]\s*\|\s*safe\b""", text)         # only ever on a literal of our own
    assert not re.search(r"(src|href)=\"https?:", text)


def test_the_script_stays_small():
    assert (HERE / "static/ui.js").stat().st_size <= 8 * 1024


def test_every_icon_that_a_template_names_is_in_the_sprite():
    sprite = (HERE / "static/icons.svg").read_text(encoding="utf-8")
    known = set(re.findall(r'id="([^"]+)"', sprite))
    for path in (HERE / "templates").rglob("*.html"):
        for name in re.findall(r'\bicon\("([a-z0-9-]+)"', path.read_text(encoding="utf-8")):
            assert name in known, f"{path.name}: {name}"


def test_a_missing_secret_stops_the_start_with_one_sentence(database):
    good = {"SECRET_KEY": "k" * 32, "DATA_KEY": b"d" * 32, "DATABASE_URL": database}
    for name, bad in (("SECRET_KEY", ""), ("DATA_KEY", ""), ("SECRET_KEY", "short"), ("DATA_KEY", "not base64!")):
        with pytest.raises(Unset) as stopped:
            create_app({**good, name: bad})
        assert f"BANGFU_{name}" in str(stopped.value) and "\n" not in str(stopped.value)


def test_the_demo_makes_its_keys_once(tmp_path):
    first, second = (read({"DEMO": True, "INSTANCE": str(tmp_path / "instance")}, {}) for _start in range(2))
    assert first["DATA_KEY"] == second["DATA_KEY"] and first["SECRET_KEY"] != first["DATA_KEY"]
    assert (tmp_path / "instance/data_key").stat().st_mode & 0o077 == 0


def test_settings_come_from_the_environment(tmp_path):
    config = read({}, {"BANGFU_SECRET_KEY": "k" * 32, "BANGFU_DATA_KEY": "ZA==" * 10, "BANGFU_HTTPS": "1", "BANGFU_SESSION_IDLE_MINUTES": "15",
                       "BANGFU_INSTANCE": str(tmp_path)})
    assert config["HTTPS"] is True and config["SESSION_IDLE_MINUTES"] == 15
    assert config["UPLOADS"] == tmp_path / "uploads"
