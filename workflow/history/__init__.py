"""The history: every change is an event, every event a link of its stream's chain and a leaf of one Merkle tree."""

from .append import Appended, append, append_to, details

__all__ = ["Appended", "append", "append_to", "details"]
