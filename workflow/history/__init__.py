"""The history: every change is an event, every event a link of its stream's chain and a leaf of one Merkle tree."""

from .append import Appended, append, append_to, details
from .bundle import bundle
from .findings import Finding, Findings
from .seals import Note, check_note, newest, parse_note, printed_key, seal
from .sequencer import sequence
from .verifier import verify

__all__ = [
    "Appended", "Finding", "Findings", "Note", "append", "append_to", "bundle", "check_note", "details", "newest", "parse_note",
    "printed_key", "seal", "sequence", "verify",
]
