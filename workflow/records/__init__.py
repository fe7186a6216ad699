"""The tables, one file a subject. They know columns and constraints, and no engine.

Every table is here so that `metadata` is complete once this package is imported.
"""

from .base import Base
from .cases import Attachment, Case, CaseIdentity, CaseKey, Counter, Decision, Draft, Task
from .history import Event, Seal
from .organisations import Organisation
from .people import Account, ApiToken, Appointment, Person, SignIn, Throttle
from .programmes import Release

metadata = Base.metadata

__all__ = [
    "Account", "ApiToken", "Appointment", "Attachment", "Base", "Case", "CaseIdentity", "CaseKey", "Counter",
    "Decision", "Draft", "Event", "Organisation", "Person", "Release", "Seal", "SignIn", "Task", "Throttle", "metadata",
]
