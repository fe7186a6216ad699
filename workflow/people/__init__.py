"""People: the register, their accounts and passwords, the roles they hold, who stands in for them, and signing in.

Every change is an event of the stream `person:<id>` or `account:<id>`. Rules that bind people to each other (one row
a person, no two exclusive roles, nobody appoints themself) are kept here, whoever asks.
"""

from .absences import Arrangement, arrange, arrangements, cancel
from .accounts import actor_of, add_account, set_password, set_status
from .appointments import ROLES, appoint, end_appointment
from .passwords import check_password, hash_password, verify
from .reaching import choose, email_of, set_email
from .register import add_person, find
from .throttling import attempt, failed, succeeded

__all__ = [
    "ROLES", "Arrangement", "actor_of", "add_account", "add_person", "appoint", "arrange", "arrangements", "attempt", "cancel",
    "check_password", "choose", "email_of", "end_appointment", "failed", "find", "hash_password", "set_email", "set_password", "set_status", "succeeded", "verify",
]
