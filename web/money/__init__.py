"""The funds: pools by source with their books, changes that two people make, and money that comes back."""

from . import pools, returns
from .room import blueprint

__all__ = ["blueprint", "pools", "returns"]
