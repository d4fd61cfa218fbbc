"""The finalizer of CustomResourceDefinitions: it deletes the objects of a definition that is deleted, then lets it go.

Models one pass: the condition Terminating says that deletion is in progress, all objects are deleted, and until none
is left the definition stays. It is looked at every five seconds; after a minute the condition says that some remain,
and a new pass begins after a back-off. A definition that was never established goes at once.

Simplified: one process leads, upstream each API server runs one; a pass does not keep the others waiting.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from kcore.api.convert import from_wire, to_wire
from kcore.api.json import Wire
from kcore.api.kinds import custom_kind, key_kind, key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.times import format_time
from kcore.apiserver.changes import Change
from kcore.apiserver.custom.conditions import ESTABLISHED, TERMINATING, holds, set_condition
from kcore.apiserver.registry.customresourcedefinition import FINALIZER
from kcore.apiserver.request import Request, Response, Verb
from kcore.apiserver.store import Store
from kcore.client.component import CUSTOM, LEADER, Component, Work, Write
from kcore.client.instant import Instant, awaited
from kcore.client.turn import Key, Turn
from kcore.client.view import View
from kcore.machine import Note
from kcore.reconcile import backoff
from kcore.reconcile.program import Program, ask, play

CRD = "CustomResourceDefinition"
POLL = 5_000
"""How often (ms) what is left is looked at."""

PATIENCE = 60_000
"""For how long (ms) a pass waits for the last object."""

MOST_FAILURES = 18
"""As many failures are counted: the back-off is the longest by then."""

_IN_PROGRESS = ("True", "InstanceDeletionInProgress", "CustomResource deletion is in progress")
_COMPLETED = ("False", "InstanceDeletionCompleted", "removed all instances")
_NEVER = ("False", "NeverEstablished", "resource was never established")
_REMAINING = (
    "True",
    "InstanceDeletionCheck",
    "could not confirm zero CustomResources remaining: context deadline exceeded",
)


@attrs.frozen(kw_only=True)
class Memory:
    """What is remembered of a definition: when the pass gives up, when it goes on, and the passes that failed so far.

    `until` is None between two passes.
    """

    until: Instant | None
    due: Instant
    failures: int = 0


def reconcile(memory: Memory | None, view: View, key: Key) -> Turn:
    """Make or go on with a pass over the definition at `key`, if it is being deleted and the time has come."""
    found = view.get(ObjectKey(*key))
    if found is None or not is_leaving(found):
        return Turn()
    if memory is not None and view.now() < memory.due:
        return Turn(memory=memory, wake_at=memory.due)
    return play(_pass(memory, view, key_of(found)), view.answers)


def is_leaving(crd: ApiObject) -> bool:
    """Tell whether a definition is being deleted and waits for its objects to go."""
    return crd.metadata.deletion_timestamp is not None and FINALIZER in crd.metadata.finalizers


def _pass(memory: Memory | None, view: View, key: ObjectKey) -> Program[Turn]:
    crd = (yield from ask(Request(verb=Verb.GET, key=key))).object
    if crd is None or not is_leaving(crd):
        return Turn()
    if not holds(to_wire(crd), ESTABLISHED):
        return (yield from _let_go(view, crd, _NEVER))
    if memory is None or memory.until is None:
        return (yield from _begin(memory, view, crd))
    return (yield from _wait(memory, view, crd))


def _begin(memory: Memory | None, view: View, crd: ApiObject) -> Program[Turn]:
    """Say that the objects are being deleted, and delete them, one namespace after the other."""
    answer = yield from _tell(view, crd, _IN_PROGRESS)
    if answer.object is None:
        return _failed(memory, view, answer) if answer.reason not in ("NotFound", "Conflict") else Turn()
    kind = key_kind(custom_kind(to_wire(crd)))
    found = yield from ask(Request(verb=Verb.LIST, key=ObjectKey(kind, "", "")))
    for namespace in sorted({one.metadata.namespace for one in found.items}):
        gone = yield from ask(Request(verb=Verb.DELETE_COLLECTION, key=ObjectKey(kind, namespace, "")))
        if not gone.ok:
            why = gone.status.message if gone.status else ""
            told = ("True", "InstanceDeletionFailed", f"could not issue all deletes: {why}")
            yield from _tell(view, answer.object, told)
            return _failed(memory, view, gone)
    failures = memory.failures if memory is not None else 0
    begun = Memory(until=awaited(view.now() + PATIENCE), due=awaited(view.now()), failures=failures)
    return (yield from _wait(begun, view, answer.object))


def _wait(memory: Memory, view: View, crd: ApiObject) -> Program[Turn]:
    """Let the definition go when none of its objects is left; else look again, as long as patience lasts."""
    kind = key_kind(custom_kind(to_wire(crd)))
    left = yield from ask(Request(verb=Verb.LIST, key=ObjectKey(kind, "", "")))
    if left.ok and not left.items:
        return (yield from _let_go(view, crd, _COMPLETED))
    if memory.until is not None and view.now() >= memory.until:
        answer = yield from _tell(view, crd, _REMAINING)
        return _failed(memory, view, answer)
    later = attrs.evolve(memory, due=awaited(view.now() + POLL))
    return Turn(memory=later, wake_at=later.due)


def _let_go(view: View, crd: ApiObject, condition: tuple[str, str, str]) -> Program[Turn]:
    """Take the finalizer from the definition; one that has changed meanwhile is looked at again."""
    wire = to_wire(crd)
    wire["metadata"]["finalizers"] = [one for one in wire["metadata"]["finalizers"] if one != FINALIZER]
    yield from _tell(view, from_wire(wire), condition)
    return Turn()


def _tell(view: View, crd: ApiObject, condition: tuple[str, str, str]) -> Program[Response]:
    """Write the condition Terminating; return the answer."""
    wire: Wire = to_wire(crd)
    status, reason, message = condition
    told = {"type": TERMINATING, "status": status, "reason": reason, "message": message}
    set_condition(wire, told, format_time(view.timestamp()))
    request = Request(verb=Verb.UPDATE, key=key_of(crd), subresource="status", body=from_wire(wire))
    return (yield from ask(request))


def _failed(memory: Memory | None, view: View, answer: Response) -> Turn:
    """Return the turn after which a new pass begins, later the more have failed."""
    failures = 1 if memory is None else min(memory.failures + 1, MOST_FAILURES)
    due = awaited(view.now() + backoff.delay(failures))
    note = Note("customresourcedefinition.deletion_failed", reason=answer.reason)
    return Turn(memory=Memory(until=None, due=due, failures=failures), wake_at=due, notes=(note,))


def watch(change: Change, _: Store) -> Iterator[Work]:
    """Yield a definition that waits for its objects to go, unless this controller itself has changed it."""
    new, old = change.new, change.old
    if new is None or not is_leaving(new):
        return
    if old is None or not is_leaving(old) or _without_condition(old) != _without_condition(new):
        yield Work(LEADER, change.key)


def _without_condition(crd: ApiObject) -> Wire:
    """Return what of a definition is news: all but its version and the condition that this controller writes."""
    wire = to_wire(crd)
    wire["metadata"].pop("resourceVersion", None)
    status = wire.get("status") or {}
    kept = [one for one in status.get("conditions") or () if one.get("type") != TERMINATING]
    return {**wire, "status": {**status, "conditions": kept}}


CRD_FINALIZER = Component(
    family="crd-finalizer",
    watches={CRD: watch},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.UPDATE, CRD, "status"), Write(Verb.DELETE_COLLECTION, CUSTOM)}),
)
