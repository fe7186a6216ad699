"""The register room 建档: households, memberships and hardship files, the history of aid, and people found to be one.

`households`, `memberships`, `files` and `merging` change rows and leave an event each, in the stream of the household or of the
person; `reading` shows them within the reader's scope. A file's own life is a case (`engine/filing.py`).
"""

from ..language.check_filing import RELATIONS
from .aid import Aid, aid_of_household, aid_of_person
from .correcting import (
    Correction,
    by_number,
    confirm_correction,
    correction,
    corrections,
    decline_correction,
    propose_correction,
)
from .covers import STATES, Claim, CoverRow, covers, schemes
from .files import CATEGORIES, end, number_elsewhere, open_file, renew
from .households import (
    add_member,
    change_head,
    found_or_added,
    household_now,
    move_address,
    open_household,
    remove_member,
)
from .keeping import KEEPERS, READERS
from .memberships import Stay, join, leave, memberships, transfer
from .merging import confirm, decline, duplicates, propose, same_person
from .numbers import remember_number
from .reading import (
    FileRow,
    HouseholdView,
    address_of,
    files,
    household,
    households_without,
    member_places,
    person,
    proposal,
    proposals,
)
from .sampling import (
    DRAWS,
    LEAST,
    RESULTS,
    Drawn,
    check,
    draw,
    drawn,
    drawn_from,
    redrawn,
    sample,
    samples,
)

__all__ = [
    "CATEGORIES", "DRAWS", "KEEPERS", "LEAST", "READERS", "RELATIONS", "RESULTS", "STATES", "Aid", "Claim", "Correction", "CoverRow", "Drawn",
    "FileRow", "HouseholdView", "Stay", "add_member", "address_of", "aid_of_household", "aid_of_person", "by_number", "change_head", "check",
    "confirm", "confirm_correction", "correction", "corrections", "covers", "decline", "decline_correction", "draw", "drawn", "drawn_from",
    "duplicates", "end", "files", "found_or_added", "household", "household_now", "households_without", "join", "leave", "member_places",
    "memberships", "move_address", "number_elsewhere", "open_file", "open_household", "person", "proposal", "proposals", "propose",
    "propose_correction", "redrawn", "remember_number", "remove_member", "renew", "same_person", "sample", "samples", "schemes", "transfer",
]
