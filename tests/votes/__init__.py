"""Meetings: voters called, results on paper, many at once, and how it is shown."""
