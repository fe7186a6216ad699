"""Passwords: long enough, not among those everybody tries, kept as Argon2id.

Hashing takes some 20 ms and 19 MiB on purpose: do it outside transactions.
"""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ..errors import Refused, one

MIN_LENGTH = 10
MAX_LENGTH = 200                     # bytes beyond this are only work for whoever sends them

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# The most frequent of ten characters and more in published leaks, and our own names.
BREACHED = frozenset("""
1234567890 12345678910 0123456789 9876543210 0987654321 1111111111 0000000000 1234512345 1122334455 123456789a
a123456789 123456789q q123456789 abc123456789 123456789abc 1234567890a a1234567890 aa123456789 123456789aa qq123456789
1q2w3e4r5t 1q2w3e4r5t6y qwertyuiop qwertyuiop123 qwerty12345 qwerty123456 asdfghjkl123 zxcvbnm123 zxcvbnm123456
1qaz2wsx3edc qazwsxedc123 q1w2e3r4t5 q1w2e3r4t5y6 woaini1314 woaini520 woaini1314520 woaini5201314 woaini123456
5201314520 1314520520 5201314woaini iloveyou123 iloveyou520 password12 password123 password1234 passw0rd123 p@ssw0rd123
p@ssword123 admin12345 admin123456 administrator admin@12345 admin@123456 welcome123 welcome1234 changeme123 letmein1234
abcdefghij abcd123456 abcd1234567 abc1234567 asd123456789 zhang123456 wang123456 li123456789 chenchen123 test123456
guest123456 root123456 aini1314520 147258369a 147258369147 1472583690 7894561230 3216549870 123123123123 321321321321
bangfu1234 bangfu12345 bangfu123456 gonghui123 gonghui1234 gonghui123456 zonggonghui xiangonghui gonghui@123
""".split())


def check_password(password: str, username: str = "") -> None:
    """Raise `Refused` unless this may be somebody's password. No rule about kinds of characters: length counts."""
    known = password.lower()
    if len(password) < MIN_LENGTH:
        raise _refused("PASSWORD_SHORT", f"密码至少 {MIN_LENGTH} 位，可以用一句自己记得住的话",
                       f"A password has at least {MIN_LENGTH} characters; a sentence you remember is good")
    if len(password) > MAX_LENGTH:
        raise _refused("PASSWORD_LONG", f"密码最多 {MAX_LENGTH} 位", f"A password has at most {MAX_LENGTH} characters")
    if username and username.lower() in known:
        raise _refused("PASSWORD_USERNAME", "密码里不能含有账号名，请换一个", "A password must not contain the account name")
    if known in BREACHED or len(set(known)) < 4 or _run(known):
        raise _refused("PASSWORD_COMMON", "这个密码太常见，很容易被猜到，请换一个",
                       "This password is among the first that anybody tries; choose another")


def hash_password(password: str) -> str:
    """Return what is stored. The caller has checked the password."""
    return _HASHER.hash(password)


def verify(stored: str | None, password: str) -> bool:
    """Say whether `password` is the stored one. For None, an unknown account, it takes as long and says no."""
    try:
        return _HASHER.verify(stored if stored is not None else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_hex(32))


def _run(text: str) -> bool:
    """abcdefghij, 0987654321: each character beside the one before, all in one direction."""
    steps = {ord(after) - ord(before) for before, after in zip(text, text[1:], strict=False)}
    return steps in ({1}, {-1})


def _refused(code: str, zh: str, en: str) -> Refused:
    return Refused(one(code, zh, en, "password"))
