"""The Merkle tree of RFC 6962: one root commits to every leaf and to their order.

A leaf is H(0x00 | data), a node H(0x01 | left | right), a tree of n leaves splits at the largest power of two below n.
Pure and without state but for `Frontier`, the log₂ n peaks that suffice to extend a log and tell its root.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

EMPTY_ROOT = sha256(b"").digest()


class Span(NamedTuple):
    """The leaves [start, end); with a power of two of them, from a multiple of it, they are one complete subtree."""

    start: int
    end: int


def leaf(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """The complete subtrees of a log of `size` leaves, largest first."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a log of {size} leaves has {size.bit_count()} peaks, not {len(self.peaks)}")

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> Frontier:
        return cls(size, (packed[at:at + 32] for at in range(0, len(packed), 32)))

    def packed(self) -> bytes:
        return b"".join(self.peaks)

    def add(self, hashed: bytes) -> None:
        """Append one leaf, given its leaf hash."""
        peaks, n = self.peaks, self.size
        while n & 1:
            hashed = sha256(b"\1" + peaks.pop() + hashed).digest()
            n >>= 1
        peaks.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node(peak, root)
        return root


def inclusion(index: int, size: int) -> list[Span]:
    """Return the spans whose roots prove that leaf `index` is in the tree of `size` leaves, in proof order."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def consistency(old: int, size: int) -> list[Span]:
    """Return the spans whose roots prove that the tree of `old` leaves is the beginning of the one of `size`."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {old} leaves is no beginning of one of {size}")
    spans: list[Span] = []
    start, end, known = 0, size, True        # known: the verifier holds the old root, so [0, old) is not sent
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append(Span(middle, end))
            end = middle
        else:
            spans.append(Span(start, middle))
            start, known = middle, False
    if not known:
        spans.append(Span(start, end))
    return spans[::-1]


def includes(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` proves that `hashed` is leaf `index` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, computed = index, size - 1, hashed
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            computed = node(sibling, computed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            computed = node(computed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root


def extends(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` proves that the log of `old_root` is the beginning of the one of `root` (RFC 9162, 2.1.4.2)."""
    if old == size:
        return not proof and old_root == root
    if not 0 < old < size or not proof:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(sibling, first), node(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def subtrees(spans: Iterable[Span]) -> set[Span]:
    """Return the complete subtrees that the roots of `spans` are made of."""
    return {part for span in spans for part in _complete(span)}


def span_root(span: Span, known: Mapping[Span, bytes]) -> bytes:
    """Return the root of a span whose complete subtrees are `known`."""
    parts = _complete(span)
    root = known[parts[-1]]
    for part in reversed(parts[:-1]):
        root = node(known[part], root)
    return root


def collect(leaves: Iterable[bytes], wanted: set[Span]) -> tuple[Frontier, dict[Span, bytes]]:
    """Read the leaf hashes of a whole log once; return its frontier and the roots of the complete subtrees `wanted`.

    So a thousand proofs in a log of millions need one pass and no tree in memory.
    """
    frontier, known = Frontier(), {}
    peaks = frontier.peaks
    for index, hashed in enumerate(leaves):
        width, n, end = 1, index, index + 1
        if (span := Span(index, end)) in wanted:
            known[span] = hashed
        while n & 1:
            hashed = node(peaks.pop(), hashed)
            n, width = n >> 1, width * 2
            if (span := Span(end - width, end)) in wanted:
                known[span] = hashed
        peaks.append(hashed)
        frontier.size = end
    return frontier, known


def _split(count: int) -> int:
    """The largest power of two below `count` (≥ 2)."""
    return 1 << (count - 1).bit_length() - 1


def _complete(span: Span) -> list[Span]:
    """A span of a proof begins at a multiple of its own width, so it falls into subtrees of falling size."""
    parts, (start, end) = [], span
    while start < end:
        width = 1 << (end - start).bit_length() - 1
        parts.append(Span(start, start + width))
        start += width
    return parts
