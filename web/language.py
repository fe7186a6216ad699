"""Chinese or English, normal or large type: chosen by link, remembered in a cookie, or set in the account.

The texts in code and templates are Chinese and are themselves the keys: `_("提交申请")`. Chinese needs no catalogue; English is
`web/translations/en/LC_MESSAGES/messages.po`. To gather new texts, merge them and compile:

    .venv/bin/pybabel extract -F web/translations/babel.cfg --no-location --sort-output -o .cache/messages.pot web
    .venv/bin/pybabel update --no-fuzzy-matching --ignore-obsolete -i .cache/messages.pot -d web/translations -l en
    make translations
"""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, current_app, g, request
from flask_babel import Babel
from flask_login import AnonymousUserMixin

CHOICES = {"lang": ("zh", "en"), "size": ("normal", "large")}
YEAR = 365 * 24 * 3600


def connect(app: Flask) -> None:
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "zh")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(app.root_path) + "/translations"
    Babel(app, locale_selector=lang, timezone_selector=lambda: app.config["ZONE"].key)
    app.after_request(_remember)


def lang() -> str:
    """The API asks by `Accept-Language`, as programs do; pages by link, cookie or account."""
    if request.path.startswith("/api/") and "lang" not in request.args:
        return request.accept_languages.best_match(CHOICES["lang"]) or CHOICES["lang"][0]
    return _choice("lang")


def size() -> str:
    return _choice("size")


def N_(text: str) -> str:
    """Mark a text that is translated later, with `_(…)`, for the catalogue."""
    return text


def remember(response: Any, choices: dict[str, str]) -> None:
    """Put the choices of an account into the browser's cookies."""
    for name, value in choices.items():
        if value in CHOICES.get(name, ()):
            response.set_cookie(name, value, max_age=YEAR, samesite="Lax", httponly=True,
                                secure=current_app.config["HTTPS"])


def _choice(name: str) -> str:
    """The link, else the cookie, else the account, else the first. The account only where it is already loaded: asking
    for it here could open a transaction in the middle of a sentence."""
    known = CHOICES[name]
    user = g.get("_login_user")
    account = None if user is None or isinstance(user, AnonymousUserMixin) else getattr(user, "settings", {}).get(name)
    for value in (request.args.get(name), request.cookies.get(name), account):
        if value in known:
            return cast(str, value)
    return known[0]


def _remember(response: Any) -> Any:
    remember(response, {name: request.args[name] for name in CHOICES if name in request.args})
    return response
