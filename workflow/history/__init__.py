"""The history: every change is an event, every event a link of its stream's chain and a leaf of one Merkle tree."""

# The auditor's program is a module of this package too. It is loaded first, so that the name `verify` ends up with
# the function below and stays there: a submodule takes its name in the package only when it is first imported.
from . import verify as _program  # noqa: I001
from .append import Appended, append, append_all, append_to, details
from .bundle import bundle
from .findings import Finding, Findings
from .seals import Note, check_note, newest, parse_note, printed_key, seal
from .sequencer import sequence
from .verifier import verify

PROGRAM = _program.__file__
"""The path of the program that goes into every bundle, to be offered for download by itself."""

__all__ = [
    "PROGRAM", "Appended", "Finding", "Findings", "Note", "append", "append_all", "append_to", "bundle", "check_note", "details",
    "newest", "parse_note", "printed_key", "seal", "sequence", "verify",
]
