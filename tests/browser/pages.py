"""Every page there is and who looks at it. A page that is in the URL map and not here fails `test_every_page.py`."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.browser.exchange import deal, hand_over
from tests.browser.handout import handout
from tests.browser.household import at_home
from tests.browser.lists import lists
from tests.browser.payday import payday, sealed
from tests.browser.visits import Site
from web import public
from workflow import figures, money, people, queries
from workflow.actors import COMMAND
from workflow.db import reading, writing
from workflow.records import Account, Case, Notice, Task

STRANGER = ""
PAGES: dict[str, tuple[str, ...]] = {
    STRANGER: ("/sign-in", "/programmes", "/programmes/study_dream", "/progress", "/progress/{token}", "/notices", "/notices?programme=posted_grant",
               "/notices/{posted}", "/notices/nothing", "/help", "/nothing/here"),
    "worker": ("/programmes", "/cases", "/messages", "/settings/messages", "/cases/{returned}", "/cases/{returned}/form", "/cases/{returned}/form?all=1",
               "/cases/{returned}/form/1", "/cases/{returned}/form/2", "/cases/{returned}/form/3", "/cases/{returned}/form/4",
               "/cases/{returned}/check", "/cases/{returned}/act/abandon", "/cases/{paid}", "/cases/{paid}/receipt",
               "/cases/{paid}/print", "/cases/{handed}", "/cases/{roster}/roster/roster", "/settings/password"),
    "grassroots": ("/tasks", "/tasks/{notice}", "/tasks/notices", "/tasks/notices?over=1", "/notices/{posted}/poster",
                   "/notices/poster?union={board}&programme=posted_grant", "/programmes/medical_aid/for"),
    "handler": ("/imports", "/imports/{imported}", "/goods", "/goods/{item}", "/tasks/{listed}/lines", "/tasks/{listed}/lines/sheet", "/sign/{line}",
                "/tasks", "/tasks/{flagged}", "/tasks/{checked}", "/tasks/batch?s={checked}:1", "/tasks/find", "/tasks/find?q=2026", "/done",
                "/tasks/meetings", "/tasks/watch", "/tasks/{handed}", "/messages", "/settings/messages",
                "/figures/new", "/settings", "/settings/hand-over", "/settings/hand-over/{receipt}", "/register", "/register?status=none", "/register/households/new",
                "/register/households/{household}", "/register/people/{head}", "/register/people/{twin}", "/register/duplicates",
                "/register/people/{twin}/same/{other}", "/register/visits/{visited}", "/register/covers",
                "/register/samples", "/register/samples/{sample}"),
    "cashier": ("/tasks/{paying}", "/payments/{batch}"),
    "finance": ("/payments", "/payments/new", "/payments/{batch}", "/payments/{batch}/sheet", "/payments/reconcile", "/funds", "/funds/cases/{paid}",
                "/reports", "/tasks/{handed}"),
    "leader": ("/funds/{pool}", "/figures", "/figures?programme=study_dream", "/figures/{figure}", "/tasks/copies", "/settings/away"),
    "auditor": ("/audit", "/audit?q=2026", "/audit/cases/{adjusted}", "/audit/verify", "/audit/seals", "/audit/reads"),
    "admin": ("/admin/accounts", "/admin/accounts/{account}", "/admin/accounts/{account}/away", "/admin/accounts/{account}/hand-over",
              "/admin/accounts/{account}/hand-over/{receipt}", "/admin/accounts/new", "/admin/organisations", "/admin/definitions",
              "/admin/definitions/medical_aid/1", "/admin/definitions/files/medical_aid.v1.yaml", "/admin/unmanned",
              "/admin/timers", "/admin/messages", "/admin/retention", "/admin/calendar", "/admin/calendar?year=2025",
              "/admin/definitions/medical_aid/1/migrate"),
}
# What these answer is no page: a redirection, a file, figures for machines.
NO_PAGES = {"/", "/health", "/metrics", "/files/<attachment_id>", "/static/<path:filename>", "/audit/seals/<int:size>/note",
            "/tasks/meetings/template", "/imports/<import_id>/faults.xlsx", "/imports/templates/<kind>.xlsx", "/cases/<case_id>/roster/<field>/template",
            "/tasks/<case_id>/lines/twice.xlsx", "/reports/grants.xlsx"}
# Where most people are most of the time: measured more closely, and in large type too.
MAIN = (("worker", "/programmes"), ("worker", "/cases/{returned}/form"), ("worker", "/cases/{returned}/form/3"), ("worker", "/cases/{paid}"),
        ("handler", "/tasks"), ("handler", "/tasks/{flagged}"), ("auditor", "/audit/cases/{adjusted}"), ("admin", "/admin/accounts"))


def ids(site: Site) -> dict[str, str]:
    """Return what stands for the names in the paths."""
    worker, pool = site.person_id("worker"), str(_pool(site))
    handed = deal(site.sessions, site.now)
    receipt = str(hand_over(site.sessions, handed, site.now))
    home = at_home(site.sessions, site.now)
    payday(site.sessions, site.now)
    batch = sealed(site.sessions, site.now)
    store = handout(site.sessions, site.now)
    sent = lists(site.sessions, site.now)
    with reading(site.sessions) as session:
        def first(*conditions: object) -> Case:
            return session.scalars(select(Case).where(*conditions).order_by(Case.id)).first()

        def task(state: str, flagged: bool = False) -> str:
            rows = session.execute(select(Task.case_id, Task.flags).where(Task.state == state, Task.status == "open").order_by(Task.due_at))
            return next(row.case_id for row in rows if bool(row.flags) is flagged)

        paid = first(Case.applicant_id == worker, Case.state == "paid")
        account = session.scalars(select(Account.id).where(Account.username == "handler")).one()
        posted = session.scalars(select(Notice).join(Case, Case.id == Notice.case_id).where(
            Notice.status == "running", Case.definition_key == "posted_grant").order_by(Notice.starts_on)).first()
        return {
            "returned": first(Case.applicant_id == worker, Case.state == "draft", Case.submitted_at.is_not(None)).id, "paid": paid.id,
            "notice": _ours(session, site), "flagged": task("county_review", True), "checked": task("county_review"),
            "paying": task("paying"), "adjusted": first(Case.adjusted_fen.is_not(None), Case.state == "paid").id,
            "posted": posted.id, "board": str(posted.organisation_id), "account": str(account), "token": _token(site, paid.id), "pool": pool, "figure": _figure(site),
            "batch": batch, "handed": handed, "receipt": receipt, **home, **store, **sent}


def _ours(session: Session, site: Site) -> str:
    """A case that waits at the notice in the union of the demo's own officer."""
    account = session.scalars(select(Account.id).where(Account.username == "grassroots")).one()
    actor = people.actor_of(session, account, site.now.date())
    page = queries.tasks(session, actor, site.now, limit=50, after=None)
    return next(row.case_id for row in page.rows if row.state == "notice_record")


def _pool(site: Site) -> int:
    """A pool of the county's in which a change waits for the leader: the demo's own programmes need none."""
    with writing(site.sessions) as session:
        account = session.scalars(select(Account.id).where(Account.username == "finance")).one()
        pool = money.open_pool(session, "YL/2026/winter", 20_000_000, COMMAND, site.now)
        money.adjust(session, pool, 5_000_000, "县财政追加，云财〔2026〕12号", people.actor_of(session, account, site.now.date()), site.now)
    return pool


def _figure(site: Site) -> str:
    """A figure of the county's that waits for the leader and touches open cases."""
    with writing(site.sessions) as session:
        account = session.scalars(select(Account.id).where(Account.username == "handler")).one()
        handler = people.actor_of(session, account, site.now.date())
        county = next(post.organisation_id for post in handler.posts if post.role == "county_handler")
        return figures.propose(session, county, "region", "low_income_line", "1700", site.now.date(), "关于调整低收入家庭认定标准的通知", "云岭民发〔2026〕31号",
                               handler, site.now)


def _token(site: Site, case_id: str) -> str:
    with site.app.test_request_context():
        return str(public._signer().dumps(case_id))


def addresses(who: Iterable[str], known: dict[str, str]) -> list[str]:
    return [path.format(**known) for one in who for path in PAGES[one]]
