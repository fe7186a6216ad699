"""Benchmarks as ratios: what we do against the least that could be done, in the same run, in alternating rounds.

Absolute figures tell of the machine and the hour; ratios hold. `python -m bench` runs them all in under ten minutes.
"""
