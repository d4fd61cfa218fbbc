"""HashMap: the immutable map for what is looked up and replaced all the time: the objects of a store, sandboxes.

A hash trie in C, of the library `immutables`: reading costs half of what a table in a `pvector` costs, and a change a
third, at 10 entries as at 100,000. It stands here alone, so that it can be another one.

The order of iteration depends on the hash seed of the process: whoever iterates for more than a sum has to sort. Small
maps inside API objects are `FrozenMap`s, which have one order.
"""

from __future__ import annotations

from typing import Any, TypeVar

from immutables import Map as HashMap

__all__ = ["EMPTY", "HashMap", "without"]

K = TypeVar("K")
V = TypeVar("V")

EMPTY: HashMap[Any, Any] = HashMap()


def without(entries: HashMap[K, V], key: K) -> HashMap[K, V]:
    """Return the entries without that of `key`: the same ones if it has none."""
    return entries.delete(key) if key in entries else entries
