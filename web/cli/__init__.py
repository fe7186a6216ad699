"""Commands, run as `flask GROUP COMMAND` from the repository root.

Each is a few lines around a call of `workflow`, inside a transaction of its own. What is refused is one sentence in
Chinese and in English on standard error, and exit code 1; never a trace.
"""

from __future__ import annotations

from flask import Flask

from . import (
    accounts,
    audit,
    cases,
    database,
    definitions,
    demonstration,
    figures,
    goods,
    imports,
    messages,
    organisations,
    payments,
    pools,
    report,
    retention,
    samples,
    serve,
    timers,
)


def register(app: Flask) -> None:
    for group in (definitions.group, database.group, demonstration.group, accounts.group, organisations.group, audit.group, pools.group, figures.group, timers.group,
                  messages.group, retention.group, payments.group, report.group, goods.group, imports.group, imports.people, samples.files, cases.group):
        app.cli.add_command(group)
    app.cli.add_command(serve.serve)
