"""The register 档案: hardship files in a list, one household, one person, entries that are one person, and the paper of a home visit.

Grassroots, township and county officers keep what belongs to their union and below; leaders and auditors read it.
"""

from __future__ import annotations

from . import covers, duplicates, files, households, people, samples, visits
from .room import blueprint

__all__ = ["blueprint", "covers", "duplicates", "files", "households", "people", "samples", "visits"]
