"""The only door through which a case changes. Nothing here commits: the transaction ends at the edge."""

from .act import act, settle
from .batch import Preview, preview
from .drafts import save
from .duplicates import Duplicate, duplicates
from .erasing import Erased, erase
from .files import attach, detach
from .handing_over import Receipt, Work, hand_over, open_work, receipt
from .look import look
from .meetings import convene, enter_result
from .moving import Done
from .objecting import Objected, object_to
from .objecting import settle as settle_objection
from .operations import Offer, Operated, operate, operations_for, urge_open_from
from .record import record, reveal
from .signing import Signed, companions, may_mark, sign, signatures, strike, unsign
from .start import start, started, unions_of
from .view import Action, CaseView, CheckResult, Correction, Line, Stage, Voice, Waiting

__all__ = [
    "Action", "CaseView", "CheckResult", "Correction", "Done", "Duplicate", "Erased", "Line", "Objected", "Offer", "Operated", "Preview",
    "Receipt", "Signed", "Stage", "Voice", "Waiting", "Work", "act", "attach", "companions", "convene", "detach", "duplicates", "enter_result",
    "erase", "hand_over", "look", "may_mark", "object_to", "open_work", "operate", "operations_for", "preview", "receipt", "record", "reveal", "save",
    "settle", "settle_objection", "sign", "signatures", "strike", "unsign", "start", "started", "unions_of", "urge_open_from",
]
