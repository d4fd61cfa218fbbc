"""The namespace controller as a component: when it looks at a namespace that is being deleted.

Models the 5 s between a change of the namespace and a look at it, so that every API server has heard of its end; after
a look, half the time that what is left may take, and one second; after an error a back-off that doubles up to a minute.
The earliest of these counts.

Not modelled: the limit of ten retries a second over all namespaces.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/namespace/namespace_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.core.namespace import Namespace
from kcore.api.kinds import key_kind
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.custom.served import custom_kinds
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import CUSTOM, LEADER, Component, Work, Write
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.controllers.namespace.deleter import CONTENT, delete, discovered
from kcore.machine import Note
from kcore.reconcile import backoff
from kcore.reconcile.program import Program, play

DELETION_GRACE_PERIOD = 5_000
"""How long (ms) after a change a namespace is looked at."""

MAX_BACKOFF = 60_000
"""The longest back-off (ms)."""


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of a namespace: when it is due (ms since 1970), and how many looks failed in a row."""

    due: Instant
    failures: int = 0


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Look at the namespace at `key` if it is being deleted and the time has come."""
    found = view.get(ObjectKey(*key))
    if not isinstance(found, Namespace) or found.metadata.deletion_timestamp is None:
        return Turn()
    now = view.now()
    if memory is None or now < memory.due:
        return _later(memory, now + DELETION_GRACE_PERIOD)
    return play(_look(memory, view, found.metadata.name), view.answers)


def _look(memory: Memory, view: View, name: str) -> Program[Turn]:
    """Make a pass and say when to make the next one."""
    served = view.derive("custom kinds", custom_kinds)
    made = yield from delete(view, name, discovered(served))
    now = view.now()
    if made.errors:
        failures = memory.failures + 1
        wait = min(backoff.delay(failures), MAX_BACKOFF)
        note = Note("namespace.deletion_failed", namespace=name, message="; ".join(made.errors))
        return _at(Memory(due=awaited(now + wait), failures=failures), note)
    if made.done:
        return Turn()
    return _at(Memory(due=awaited(now + (made.estimate // 2 + 1) * 1000), failures=memory.failures))


def _later(memory: Memory | None, at: int) -> Turn:
    """Return the turn that waits for the namespace to be due: as planned, or `at` if that is sooner."""
    if memory is None:
        return _at(Memory(due=awaited(at)))
    return _at(attrs.evolve(memory, due=min(memory.due, awaited(at))))


def _at(memory: Memory, *notes: Note) -> Turn:
    return Turn(memory=memory, notes=notes, wake_at=memory.due)


def watch(change: Change, _: Store) -> Iterator[Work]:
    """Yield a namespace that is being deleted."""
    if _is_terminating(change.new):
        yield Work(LEADER, change.key)


def _is_terminating(found: ApiObject | None) -> bool:
    return found is not None and found.metadata.deletion_timestamp is not None


NAMESPACE = Component(
    family="namespace-controller",
    watches={"Namespace": watch},
    reconcile=reconcile,
    writes=frozenset(
        {
            Write(Verb.UPDATE, "Namespace", "status"),
            Write(Verb.UPDATE, "Namespace", "finalize"),
            *(Write(Verb.DELETE_COLLECTION, kind) for kind in (*map(key_kind, CONTENT), CUSTOM)),
        }
    ),
)
