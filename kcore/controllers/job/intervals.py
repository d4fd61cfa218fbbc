"""Intervals: sets of completion indexes as the status of a Job writes them, "0,2-4,7".

Models the compressed form: runs of three or more with a dash, what can't be read passed over, and what is not below the
completions cut off.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/indexed_job_utils.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)


class Interval(NamedTuple):
    """The indexes from `first` to `last`, both among them."""

    first: int
    last: int


Intervals: TypeAlias = tuple[Interval, ...]
"""Indexes in ascending order; no two intervals touch."""


def atoi(text: str) -> int | None:
    """Return the integer that `text` is, None when it is none."""
    return int(text) if _INTEGER.fullmatch(text) else None


def parse(text: str, completions: int) -> Intervals:
    """Return the indexes below `completions` that `text` lists."""
    found: list[Interval] = []
    for part in text.split(",") if text else ():
        ends = part.split("-")
        first = atoi(ends[0])
        if first is None:
            continue
        if first >= completions:
            break
        last = atoi(ends[1]) if len(ends) > 1 else first
        if last is None:
            continue
        last = min(last, completions - 1)
        if found and found[-1].last == first - 1:
            found[-1] = Interval(found[-1].first, last)
        else:
            found.append(Interval(first, last))
    return tuple(found)


def merge(one: Iterable[Interval], other: Iterable[Interval]) -> Intervals:
    """Return the indexes of both."""
    merged: list[Interval] = []
    for interval in sorted((*one, *other)):
        if not merged or interval.first > merged[-1].last + 1:
            merged.append(interval)
        elif merged[-1].last < interval.last:
            merged[-1] = Interval(merged[-1].first, interval.last)
    return tuple(merged)


def with_indexes(intervals: Intervals, indexes: Iterable[int]) -> Intervals:
    """Return `intervals` and `indexes` together."""
    return merge(intervals, (Interval(one, one) for one in indexes))


def total(intervals: Intervals) -> int:
    """Return how many indexes there are."""
    return sum(one.last - one.first + 1 for one in intervals)


def has(intervals: Intervals, index: int) -> bool:
    """Tell whether `index` is among them."""
    return any(one.first <= index <= one.last for one in intervals)


def overlap(one: Intervals, other: Intervals) -> int:
    """Return how many indexes are among both."""
    pairs = ((mine, theirs) for mine in one for theirs in other)
    return sum(max(min(a.last, b.last) - max(a.first, b.first) + 1, 0) for a, b in pairs)


def text_of(intervals: Intervals) -> str:
    """Return the text by which a status lists them."""
    return ",".join(map(_text, intervals))


def _text(one: Interval) -> str:
    if one.last == one.first:
        return str(one.first)
    return f"{one.first},{one.last}" if one.last == one.first + 1 else f"{one.first}-{one.last}"
