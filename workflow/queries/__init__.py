"""Lists for pages and the API: read only, one SELECT a list, every one through `scope.visible` or the posts held today.

Lists go on by keyset: `Page.next` is an opaque cursor for `after`, None at the end. Counts are capped (`CAP`), so that
no page grows with the archive.
"""

from ..scope import visible
from .chains import Chain, chain, seals, unsealed
from .differences import Difference, since_decision
from .elapsed import Spent, Stay, spent, stays
from .finding import CaseRow, DecidedRow, cases, decided, identity_kind, my_cases, search, search_identity
from .handed import Hand, HandedRow, copies, escalated, given, hands
from .inbox import InboxRow, OutboxBoard, OutboxRow, SentRow, inbox, outbox, sent_for, unread
from .pages import CAP, Page
from .queue import Chips, TaskRow, Workload, batch_triggers, chips, tasks, workload
from .recalculation import Recalculation, recalculate
from .retention import Due, due, due_by_programme
from .standards import Standard, standards
from .touched import Touched, TouchedRow, level_of, touched
from .traces import EventRow, ReadRow, events, files_ever, reads

__all__ = [
    "CAP", "CaseRow", "Chain", "Chips", "DecidedRow", "Difference", "Due", "EventRow", "Hand", "HandedRow", "Page", "ReadRow", "Recalculation", "Spent",
    "Stay", "TaskRow",
    "batch_triggers",
    "cases", "chain", "chips", "copies", "escalated", "given", "hands",
    "decided", "due", "due_by_programme",
    "events", "files_ever", "identity_kind", "my_cases", "reads", "recalculate", "search", "seals", "search_identity", "spent", "stays",
    "level_of", "since_decision", "standards", "touched",
    "tasks", "unsealed", "visible",
    "InboxRow", "OutboxBoard", "OutboxRow", "SentRow", "Standard", "Touched", "TouchedRow", "Workload", "inbox", "outbox", "sent_for", "unread", "workload",
]
