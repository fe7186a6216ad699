"""Handing work on, asking others, standing in, handing over."""
