"""The pages and the API: a URL becomes one call of the engine inside one transaction.

How to write a view (a file here, its templates in `templates/<blueprint>/`):

    from flask import Blueprint, redirect, render_template
    from flask_babel import gettext as _
    from web.access import DECIDERS, access, person      # also actor(), STAFF, PUBLIC, SIGNED_IN, "auditor", "applicant" …
    from web.db import local, now, session               # also keep(), reading(), writing()

    blueprint = Blueprint("review", __name__)

    @blueprint.post("/tasks/<case_id>/act")
    @access(DECIDERS)                                     # below the route; a view without it stays closed
    def act(case_id): …
        return redirect(url_for(".queue"), 303)           # a POST answers 303

* `session()` is the request's one session: a GET reads, a POST writes. Answering below 400 commits, raising or answering
  400 and above rolls back; `keep()` commits all the same (a draft with faults). Password hashing: see `web/account.py`.
* `person()` is the `Actor` (signed in for sure), `actor()` may be None, `now()` the request's time, `local(dt)` its wall clock.
* BangfuErrors need not be caught: `web/errors.py` makes the page. Catch `Refused` only to show the form again.
* `flash(_("已同意…"))` shows a status line on the next page; `flash(…, "bad"|"warn")` otherwise.

Templates: `{% extends "base.html" %}` (officers) or `"phone.html"` (applicants). Blocks: `title`, `main`; base also `layout`
(replace it for the split queue: your own <main id="main" class="split case">,
`case` where a phone shows the case and not the list); phone also `back` (path), `heading` (words in the bar), `dock`.
Globals: `lang`, `size`, `me` (name, username, shortcuts, phrases, settings, actor), `union`, `now()`, `csrf_token()`,
`form_key()`, `icon("check")`, `asset("app.css")`, `fen(amount)` "3,800.00", `yuan(amount)` "3,800 元", `when(dt, "minute"|"day"|"short")`,
`due_words(dt)`, `due_class(dt)` ("" | "soon" | "late"), `unsure(dt)` (its year has no file of days off yet),
`mask_name("李文华")`, `link(page=2)` (this address with its query changed).
`{% from "macros.html" import tag, note, hidden, empty, field %}`: `{{ hidden() }}` is the form token and the form key. Labels of
definitions: `{{ label.text(lang) }}`. No `style=""`, no inline scripts: the browser would refuse them; classes are in
`static/app.css`, behaviour hangs on `data-…` attributes in `static/ui.js`, and everything works without it.
Paths: `/programmes` is the applicant's home, `/tasks` the officer's, `/audit` the auditor's, `/admin/accounts` the administrator's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from workflow import calendar

from . import (
    access,
    account,
    admin,
    api,
    apply,
    audit,
    cli,
    db,
    errors,
    figures,
    goods,
    home,
    imports,
    language,
    lines,
    messages,
    money,
    notices,
    payments,
    public,
    register,
    reports,
    review,
    security,
    settings,
    show,
    signins,
)
from .access import actor
from .db import now

__all__ = ["actor", "create_app", "now"]

ROOMS = (home, account, public, notices, apply, review, messages, register, imports, money, figures, goods, lines, payments, reports, audit, admin, api)


def create_app(given: Mapping[str, Any] | None = None) -> Flask:
    """Return the application. `given` are settings without their prefix and win over the environment (tests)."""
    app = db.OneTransaction(__name__)
    app.config.from_mapping(settings.read(given))
    calendar.use(app.config["CALENDARS"])

    # The order is the order in which a request meets them.
    security.connect(app)
    signins.connect(app)
    language.connect(app)
    access.connect(app)
    errors.connect(app)
    show.connect(app)
    app.teardown_appcontext(db.abandon)

    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    security.csrf.exempt(api.blueprint)      # it takes tokens and never the browser's cookie
    cli.register(app)

    if not settings.at_the_command_line():
        db.database(app)             # a server stops here when a secret is missing, not at its first visitor
    return app
