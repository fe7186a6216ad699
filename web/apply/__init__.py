"""The applicant's room: what can be applied for, filling in, handing in, and what has become of it.

One module a page or two: `programmes` (home, guide, 帮我看看), `agents` (代办), `form` (task list, steps, correction),
`check` (核对后提交, receipt), `cases` (mine, progress, result, withdrawing), `files`, `paper` (审批表), `rosters` (名单), `urging` (催办). Below them, pure:
`steps` (which question stands on which page, what is wrong with it), `typed` (from the browser's form to raw values),
`boxes` (from a field to what a page shows of it), `saving` (the one way to keep a page).
"""

from __future__ import annotations

from . import agents, cases, check, files, form, paper, programmes, rosters, urging
from .room import blueprint

__all__ = ["agents", "blueprint", "cases", "check", "files", "form", "paper", "programmes", "rosters", "urging"]
