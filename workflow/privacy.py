"""Sealing of personal data, blind indexes for equality, and every key derived from the one master key.

A sealed value is `key id (1) | nonce (12) | AES-256-GCM`, bound to its place (`people.id_no`) and its row: copied to
another row or column it no longer opens. A blind index is a keyed digest: it tells that two numbers are equal and
nothing else, and cannot be searched without the key. Nothing here keeps or logs a value.
"""

from __future__ import annotations

import hmac
import os
from functools import lru_cache
from typing import Any, Literal

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from .errors import Damaged, one
from .language.identity import normalise

KEY_ID = 1                           # of the master key in use; another byte will name its successor
NONCE = 12

Kind = Literal["idcard", "phone", "bankcard", "key"]


class Vault:
    """Seals and opens with keys derived from `master_key` (32 bytes or more). Threads may share one."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) < 32:
            raise ValueError("the master key has at least 32 bytes")
        self._master = master_key
        self.derive = lru_cache(maxsize=512)(self._derive)
        self._cipher = lru_cache(maxsize=512)(self._new_cipher)

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, place: str, row: str, value: bytes) -> bytes:
        """Return `value` encrypted for this `table.column` and this row."""
        nonce = os.urandom(NONCE)
        return bytes((KEY_ID,)) + nonce + self._cipher(place).encrypt(nonce, value, _binding(place, row))

    def open(self, place: str, row: str, sealed: bytes) -> bytes:
        """Return what was sealed; raise `Damaged` when it was altered, moved, or sealed with another key."""
        if sealed[:1] != bytes((KEY_ID,)):
            raise damaged(place, row)
        try:
            return self._cipher(place).decrypt(sealed[1:1 + NONCE], sealed[1 + NONCE:], _binding(place, row))
        except (InvalidTag, ValueError) as error:
            raise damaged(place, row) from error

    def seal_json(self, place: str, row: str, value: Any) -> bytes:
        """Seal plain JSON values in canonical form: sorted keys, no spaces, UTF-8."""
        return self.seal(place, row, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))

    def open_json(self, place: str, row: str, sealed: bytes) -> Any:
        return orjson.loads(self.open(place, row, sealed))

    def blind(self, kind: Kind, text: str) -> bytes:
        """Return 16 bytes that are the same for the same number, however it was typed."""
        plain = text if kind == "key" else normalise(kind, text)
        return hmac.digest(self.derive(f"blind/{kind}"), plain.encode(), "sha256")[:16]

    def code(self, text: str) -> str:
        """Return the 8 digits that, with the case number, let its holder ask for progress without signing in."""
        return f"{int.from_bytes(hmac.digest(self.derive('code'), text.encode(), 'sha256')[:16]) % 10**8:08d}"

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key that signs seals: the same as long as the master key is."""
        return Ed25519PrivateKey.from_private_bytes(self.derive("seal/ed25519"))

    def _derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of one purpose; knowing it tells nothing of the others."""
        return HKDF(SHA256(), 32, salt=None, info=f"bangfu/{purpose}/v{KEY_ID}".encode()).derive(self._master)

    def _new_cipher(self, place: str) -> AESGCM:
        return AESGCM(self.derive(f"field/{place}"))


def vault(session: Session) -> Vault:
    """Return the vault that came with this session."""
    found: Vault | None = session.info.get("vault")
    if found is None:
        raise LookupError("these sessions were made without a vault: make_sessions(engine, vault)")
    return found


def damaged(place: str, row: str) -> Damaged:
    return Damaged(one(
        "DAMAGED",
        f"一项加密数据（{place}，{row}）打不开：可能被改动，或密钥不对。请停止操作并联系系统管理员",
        f"A sealed value ({place}, {row}) does not open: altered, or the wrong key. Stop and tell the administrator",
    ))


def _binding(place: str, row: str) -> bytes:
    return f"{place}|{row}".encode()
