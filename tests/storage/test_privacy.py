"""What is sealed opens only in its own place, and an index tells equality and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from workflow.errors import Damaged
from workflow.privacy import Vault

VAULT = Vault(b"k" * 32)
NUMBER = "320502199001011234"


@given(some.binary(max_size=300))
def test_what_is_sealed_opens_again(value: bytes) -> None:
    assert VAULT.open("people.id_no", "p1", VAULT.seal("people.id_no", "p1", value)) == value


def test_the_same_value_never_seals_to_the_same_bytes() -> None:
    assert VAULT.seal("people.id_no", "p1", b"x") != VAULT.seal("people.id_no", "p1", b"x")


def test_an_identity_number_seals_to_47_bytes() -> None:
    assert len(VAULT.seal("people.id_no", "p1", NUMBER.encode())) == 47


@pytest.mark.parametrize(("place", "row"), [("people.id_no", "p2"), ("people.phone", "p1"), ("people.id_n", "o|p1")])
def test_a_value_moved_to_another_row_or_column_does_not_open(place: str, row: str) -> None:
    sealed = VAULT.seal("people.id_no", "p1", NUMBER.encode())
    with pytest.raises(Damaged) as refusal:
        VAULT.open(place, row, sealed)
    assert NUMBER not in str(refusal.value)


def test_no_single_altered_byte_goes_unnoticed() -> None:
    sealed = VAULT.seal("people.id_no", "p1", NUMBER.encode())
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(Damaged):
            VAULT.open("people.id_no", "p1", bytes(altered))


@pytest.mark.parametrize("rest", [b"", b"\x01", b"\x01" + b"n" * 12, b"\x02" + b"n" * 40])
def test_rubbish_is_damaged_and_nothing_else(rest: bytes) -> None:
    with pytest.raises(Damaged):
        VAULT.open("people.id_no", "p1", rest)


def test_another_master_key_opens_nothing() -> None:
    with pytest.raises(Damaged):
        Vault(b"z" * 32).open("people.id_no", "p1", VAULT.seal("people.id_no", "p1", b"x"))


def test_json_comes_back_as_it_was() -> None:
    value = {"姓名": "王芳", "n": [1, None, True], "amount": "1200.50"}
    assert VAULT.open_json("cases.sealed", "c", VAULT.seal_json("cases.sealed", "c", value)) == value


@pytest.mark.parametrize(("kind", "one", "other"), [
    ("idcard", "32050219900101123x", " 32050219900101123X "),
    ("idcard", "３２０５０２１９９００１０１１２３４", NUMBER),
    ("phone", "+86 138-0000-0000", "13800000000"),
    ("bankcard", "6222 0210 0112 2334 455", "6222021001122334455"),
])
def test_the_same_number_typed_differently_has_one_index(kind: str, one: str, other: str) -> None:
    assert VAULT.blind(kind, one) == VAULT.blind(kind, other)  # type: ignore[arg-type]
    assert len(VAULT.blind(kind, one)) == 16  # type: ignore[arg-type]


def test_an_index_depends_on_kind_and_on_key() -> None:
    assert len({VAULT.blind("phone", "1"), VAULT.blind("bankcard", "1"), Vault(b"z" * 32).blind("phone", "1")}) == 3


def test_a_query_code_is_eight_digits_and_stays_the_same() -> None:
    code = VAULT.code("case")
    assert len(code) == 8 and code.isdecimal() and code == VAULT.code("case") != VAULT.code("other")


def test_the_signing_key_stays_the_same() -> None:
    assert VAULT.signing_key().private_bytes_raw() == Vault(b"k" * 32).signing_key().private_bytes_raw()


def test_a_short_master_key_is_refused() -> None:
    with pytest.raises(ValueError):
        Vault(b"k" * 31)


def test_a_vault_does_not_print_its_key() -> None:
    assert "k" not in repr(VAULT)
