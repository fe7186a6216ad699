"""The reports room: what was granted in a period, counted as each programme says, and the sentences of the work report."""

from .measures import KINDS, VALUES, Count, counts

__all__ = ["KINDS", "VALUES", "Count", "counts"]
