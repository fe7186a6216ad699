"""The tables, one file a subject. They know columns and constraints, and no engine.

Every table is here so that `metadata` is complete once this package is imported.
"""

from .base import Base
from .cases import Attachment, Case, CaseIdentity, CaseKey, Counter, Decision, Draft, Task
from .covers import Cover
from .figures import PolicyFigure
from .goods import GoodsItem, GoodsMove, LineSignature
from .grants import GrantLine
from .history import Event, Seal
from .imports import Import, ImportRow
from .messages import Message, Outbox
from .money import Hold, LedgerEntry, Pool, PoolProposal, Repayment
from .notices import Notice, Objection
from .organisations import Organisation
from .payments import PaymentAnswer, PaymentBatch, PaymentLine
from .people import Absence, Account, ApiToken, Appointment, Person, SignIn, Throttle
from .programmes import Release
from .register import HardshipFile, Household, HouseholdMember, Membership, MergeProposal, PersonCorrection
from .samples import FileSample, SampledFile
from .timers import Clock, Timer

metadata = Base.metadata

__all__ = [
    "Absence", "Account", "ApiToken", "Appointment", "Attachment", "Base", "Case", "CaseIdentity", "CaseKey",
    "Clock", "Counter", "Cover", "Decision", "Draft", "Event", "FileSample", "GoodsItem", "GoodsMove", "GrantLine", "HardshipFile", "Hold", "Household",
    "HouseholdMember", "Import", "ImportRow", "LedgerEntry", "LineSignature", "Membership", "MergeProposal", "Message", "Notice", "Objection", "Organisation", "Outbox",
    "PaymentAnswer", "PaymentBatch", "PaymentLine", "Person", "PersonCorrection", "PolicyFigure", "Pool", "PoolProposal", "Release",
    "Repayment", "SampledFile", "Seal", "SignIn", "Task", "Throttle", "Timer", "metadata",
]
