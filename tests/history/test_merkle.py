"""The tree is RFC 6962's: same roots, and proofs that prove exactly what they say."""

from __future__ import annotations

import base64
from hashlib import sha256

import hypothesis.strategies as st
import pytest
from hypothesis import given

from workflow.history.merkle import (
    Frontier,
    collect,
    consistency,
    extends,
    includes,
    inclusion,
    leaf,
    span_root,
    subtrees,
)
from workflow.history.verify import extended, included

# The log of the RFC's reference implementation (certificate-transparency), its data and its roots.
REFERENCE = [bytes.fromhex(data) for data in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def root(leaves: list[bytes]) -> bytes:
    """The definition, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def hashes(count: int) -> list[bytes]:
    return [leaf(str(number).encode()) for number in range(count)]


def test_the_roots_are_those_of_the_reference_log() -> None:
    frontier = Frontier()
    for data, wanted in zip(REFERENCE, ROOTS, strict=True):
        frontier.add(leaf(data))
        assert frontier.root().hex() == wanted
    assert base64.b64encode(Frontier().root()) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_frontier_packed_and_continued_comes_to_the_same_root(first: int, more: int) -> None:
    leaves, frontier = hashes(first + more), Frontier()
    for hashed in leaves[:first]:
        frontier.add(hashed)
    frontier = Frontier.unpacked(first, frontier.packed())
    for hashed in leaves[first:]:
        frontier.add(hashed)

    assert frontier.root() == root(leaves)


@given(st.data())
def test_every_proof_holds_and_every_changed_one_fails(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 200))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaves = hashes(size)
    spans, older = inclusion(index, size), consistency(old, size)
    frontier, known = collect(leaves, subtrees([*spans, *older]))
    proof, link = [span_root(span, known) for span in spans], [span_root(span, known) for span in older]
    top, before = frontier.root(), root(leaves[:old])

    for check_leaf, check_log in ((includes, extends), (included, extended)):
        assert check_leaf(leaves[index], index, size, proof, top)
        assert check_log(old, size, before, top, link)
        if size > 1:
            assert not check_leaf(leaves[index], (index + 1) % size, size, proof, top)
            assert not check_leaf(leaves[index], index, size, proof[:-1], top)
            assert not check_leaf(leaves[index], index, size, [*proof, top], top)
            assert not check_leaf(leaf(b"other"), index, size, proof, top)
        for place in range(len(proof)):
            assert not check_leaf(leaves[index], index, size, changed(proof, place), top)
        for place in range(len(link)):
            assert not check_log(old, size, before, top, changed(link, place))
        if old < size:
            assert not check_log(old, size, leaf(b"other"), top, link)
            assert not check_log(old, size, before, top, link[:-1])
            assert not check_log(old, size, before, top, [*link, top])


def changed(proof: list[bytes], place: int) -> list[bytes]:
    return [bytes([one[0] ^ 1]) + one[1:] if at == place else one for at, one in enumerate(proof)]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_what_is_not_in_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion(index, size)
