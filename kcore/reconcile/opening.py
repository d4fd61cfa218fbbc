"""Opening: how a sync of one object begins, and how it ends when it failed.

Models what the controllers that wait for their own writes have in common: nothing is done about what is not there, nor
before the cache has come as far as the last write; what is remembered is of one object and not of another that has its
name; and a sync that failed comes back after its back-off, with what it has written in mind.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replicaset/replica_set.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs

from kcore.api.evolve import evolve
from kcore.api.object import ApiObject, ObjectKey
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile import backoff
from kcore.reconcile.expectations import NONE, Expectations, caught_up
from kcore.reconcile.program import Program, play


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of the object `uid`: what its controller awaits, and how many syncs failed in a row."""

    uid: str
    expectations: Expectations = NONE
    failures: int = 0


M = TypeVar("M", bound=Memory)
T = TypeVar("T", bound=ApiObject)


def opening(
    cls: type[T], begin: type[M], sync: Callable[[M, View, T], Program[Turn]]
) -> Callable[[M | None, View, Key], Turn]:
    """Return the reconcile of the objects of class `cls`: `sync` each, with a memory that begins as a `begin`."""

    def reconcile(memory: M | None, view: View, key: Key) -> Turn:
        found = view.get(ObjectKey(*key))
        if not isinstance(found, cls):
            return Turn()
        if memory is None or memory.uid != found.metadata.uid:
            memory = begin(uid=found.metadata.uid)
        if not caught_up(view, memory.expectations):
            return Turn(memory=memory)
        return play(sync(memory, view, found), view.answers)

    return reconcile


def failed(memory: Memory, view: View, notes: tuple[Note, ...] = ()) -> Turn:
    """Return the end of a sync that failed: it comes back after its back-off."""
    failures = memory.failures + 1
    wake_at = view.now() + backoff.delay(failures)
    return Turn(memory=evolve(memory, failures=failures), notes=notes, wake_at=wake_at)
