"""Figures of policy that officers enter, with their sources: which one holds where and when, and the two people behind it."""

from .keeping import CONFIRMS, PROPOSES, confirm, decline, draft, may_decide, propose, withdraw
from .reading import READERS, figure, listed, visible
from .standing import Entered, Standing, entered_for, entered_of, made, param_standing, region_standing, same, stored
from .subjects import Subject, param_subject, region_subject, subject, subjects, told

__all__ = ["CONFIRMS", "PROPOSES", "READERS", "Entered", "Standing", "Subject", "confirm", "decline", "draft", "entered_for", "entered_of", "figure",
           "listed", "made", "may_decide", "param_standing", "param_subject", "propose", "region_standing", "region_subject", "same", "stored", "subject", "subjects",
           "told", "visible", "withdraw"]
