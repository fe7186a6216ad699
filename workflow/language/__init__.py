"""The definition language: YAML → frozen `Definition`. No database, no clock, no session."""

from .faults import Fault
from .load import Reading, from_document, read, read_path

__all__ = ["Fault", "Reading", "from_document", "read", "read_path"]
