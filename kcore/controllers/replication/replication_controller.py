"""The ReplicationController controller: the ReplicaSet controller, made to look after ReplicationControllers.

Models what upstream does: one code for both, which is shown converted objects. The two controllers have queues,
memories and events of their own.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/replication/replication_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kcore.api.core.replicationcontroller import ReplicationController
from kcore.api.evolve import evolve
from kcore.api.object import ObjectKey
from kcore.api.selectors.label import Selector, from_set, nothing
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.heeding import Heeding
from kcore.client.turn import Key, Reconcile, Turn
from kcore.client.view import View
from kcore.controllers.replication.conversion import KIND, SHOWN_AS, ConvertedView, meant
from kcore.machine import Note
from kcore.reconcile.census import COUNTED
from kcore.reconcile.podhandlers import PodHandler


def replication(replica_sets: Component) -> Component:
    """Return the controller; `replica_sets` is the one of ReplicaSets, which does the work."""
    return Component(
        family="replicationcontroller-controller",
        watches={
            KIND: watch_replication_controller,
            "Pod": Heeding(PodHandler(ReplicationController, selector_of), COUNTED, owner=KIND),
        },
        reconcile=partial(_reconcile, replica_sets.reconcile),
        writes=frozenset(map(_write, replica_sets.writes)),
    )


def watch_replication_controller(change: Change, _: Store) -> Iterator[Work]:
    """Yield a look at the ReplicationController that changed."""
    yield Work(LEADER, change.key)


def selector_of(controller: ReplicationController) -> Selector:
    """Return the selector of a ReplicationController; one without labels selects nothing."""
    return from_set(controller.spec.selector) if controller.spec.selector else nothing()


def _reconcile(of: Reconcile, memory: object, view: View, key: Key) -> Turn:
    """Do about the ReplicationController at `key` what is done about a ReplicaSet."""
    turn = of(memory, ConvertedView(view), key_as_shown(key))
    requests = tuple(evolve(call, request=meant(call.request)) for call in turn.requests)
    return evolve(turn, requests=requests, notes=tuple(map(_note, turn.notes)))


def key_as_shown(key: Key) -> ObjectKey:
    """Return the key under which a ReplicationController is shown."""
    return ObjectKey(*key)._replace(kind=SHOWN_AS)


def _note(note: Note) -> Note:
    """Return what is told of a ReplicaSet as told of a ReplicationController."""
    _, _, reason = note.name.partition(".")
    facts = {name: str(value).replace(f"{SHOWN_AS}/", f"{KIND}/", 1) for name, value in note.fields}
    return Note(f"replicationcontroller.{reason}", **facts)


def _write(write: Write) -> Write:
    return write._replace(kind=KIND) if write.kind == SHOWN_AS else write
