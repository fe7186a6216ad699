"""Journeys of real people through a real browser, on the demo county, and what every page must keep to."""
