"""One person with a browser at the county's site: moves, counts what the hand does, notes what the browser complains of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from web.demo import PASSWORD
from workflow.db import reading
from workflow.records import Account, Case, Event, Task

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

# What a page did wrong answers with its status; the browser reports that too, and it is no fault of ours.
EXPECTED = ("status of 409", "status of 422", "status of 404")
# A cross-fade between pages that the next click cuts short is told as an error too, and shows nobody anything.
CUT_SHORT = "Transition was "


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, and its database to look behind it."""

    url: str
    app: Flask
    sessions: sessionmaker[Session]
    now: datetime

    def case(self, case_id: str) -> Case:
        with reading(self.sessions) as session:
            return session.scalars(select(Case).where(Case.id == case_id)).one()

    def decisions(self, case_id: str) -> list[tuple[str | None, str | None]]:
        """(trigger, from state) of everything that moved the case, in order."""
        with reading(self.sessions) as session:
            rows = session.execute(select(Event.trigger, Event.from_state)
                                   .where(Event.stream == case_id, Event.kind == "act").order_by(Event.seq))
            return [(row.trigger, row.from_state) for row in rows]

    def find(self, **columns: Any) -> list[str]:
        """Ids of the cases with these values, oldest first."""
        with reading(self.sessions) as session:
            return list(session.scalars(select(Case.id).filter_by(**columns).order_by(Case.id)))

    def clean_tasks(self, state: str) -> list[str]:
        """Cases in `state` with nothing to judge, in the queue's order."""
        with reading(self.sessions) as session:
            rows = session.execute(select(Task.case_id, Task.flags).where(Task.state == state, Task.status == "open")
                                   .order_by(Task.due_at, Task.id))
            return [row.case_id for row in rows if not row.flags]

    def person_id(self, username: str) -> str:
        with reading(self.sessions) as session:
            return session.scalars(select(Account.person_id).where(Account.username == username)).one()


@dataclass
class Visit:
    """A browser of its own. `actions` counts clicks, taps and keys, not what is typed into a box."""

    site: Site
    context: BrowserContext
    actions: int = 0
    complaints: list[str] = field(default_factory=list)
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(10_000)
        self.context.on("request", self._request)
        self.context.on("console", lambda message: self._complain(message.text) if message.type in ("error", "warning") else None)
        self.context.on("weberror", lambda error: self._complain(str(error.error)))
        self.page = self.context.new_page()

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.site.url, "data:", "blob:")):
            self._complain(f"asked another host: {request.url}")

    def _complain(self, text: str) -> None:
        expected = text.startswith("Failed to load resource") and any(status in text for status in EXPECTED)
        if not expected and CUT_SHORT not in text:
            self.complaints.append(f"{self.page.url if hasattr(self, 'page') else ''}: {text}")

    def open(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        return self.page

    def sign_in(self, username: str) -> None:
        self.open("/sign-in")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        self.going("form.card button.btn")

    def click(self, selector: str) -> None:
        """Click what stays on the page; see `going` for what leads to another."""
        self.actions += 1
        self.page.locator(selector).locator("visible=true").first.click()

    def going(self, selector: str) -> None:
        """Click what sends a form, and wait for the page that answers it."""
        with self.page.expect_navigation():
            self.click(selector)

    def key(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)

    def going_by(self, key: str) -> None:
        with self.page.expect_navigation():
            self.key(key)

    def give(self, box: str, *files: dict[str, Any]) -> None:
        """Choose files; the page sends them by itself and comes back with them."""
        self.actions += 1
        with self.page.expect_navigation():
            self.page.set_input_files(box, list(files))

    def says(self, words: str) -> bool:
        return words in self.page.inner_text("main")

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.site.url)

    def focused(self) -> str:
        """The id, or else the class, of what has the focus."""
        return self.page.evaluate("document.activeElement.id || document.activeElement.className")


def photo(name: str, width: int = 1200, height: int = 900) -> dict[str, Any]:
    """A JPEG as a phone takes it: noise, so that it does not pack to nothing."""
    data = BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(data, "JPEG", quality=85)
    return {"name": name, "mimeType": "image/jpeg", "buffer": data.getvalue()}
