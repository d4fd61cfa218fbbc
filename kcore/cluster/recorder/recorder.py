"""Recording: what a process tells of in a step becomes Events, by requests of its own to its API server.

Models a recorder in each process, which forgets everything when the process crashes. What was told before raises the
count of its event; an event that is gone by then is made anew with the count that it has come to.

Not modelled: the queue between a component and its recorder, and the tries again: an event is written at once, and one
that can't be written is lost.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/client-go/tools/record/event.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

from kcore.api.convert import to_wire
from kcore.api.core.event import Event
from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey, Components
from kcore.client.record import NOTHING_TOLD, Occurrence, Told, correlate, correlate_series
from kcore.client.record.event import event_name
from kcore.client.turn import Key
from kcore.cluster.asking import ask
from kcore.cluster.recorder.kubelet import reported
from kcore.cluster.recorder.nodelifecycle import FAMILY as NODE_LIFECYCLE
from kcore.cluster.recorder.nodelifecycle import marked
from kcore.cluster.recorder.notes import KUBELET, Sight, occurrences
from kcore.cluster.state import ClusterState
from kcore.machine import Step

RECORDS = "events"
"""The first part of the keys under which a process remembers what it has told."""

_SERIES = Options(patch_type=PatchType.STRATEGIC)


def record(
    components: Components, name: ComponentKey, before: ClusterState, step: Step[ClusterState]
) -> Step[ClusterState]:
    """Return the step after which the store also has the events of what the process `name` told of in `step`."""
    state = step.state
    told = [*occurrences(name, step.notes, Sight(after=state.store, before=before.store))]
    if name.family in _SHOWS:
        told += _SHOWS[name.family](name, before, state)
    for one in told:
        state = _record(components, name, state, one)
    return Step(state, step.notes)


def _record(components: Components, name: ComponentKey, state: ClusterState, one: Occurrence) -> ClusterState:
    """Return the state in which one occurrence is told of."""
    process = state.processes.get(name)
    if process is None or not process.linked:
        return state
    key, free = _memory_key(one), _free_name(state.store, one, state.now)
    known = process.memory.get(key)
    told = known if isinstance(known, Told) else NOTHING_TOLD
    after, event = (correlate_series if one.action else correlate)(told, one, free, state.now)
    state = state.with_process(name, evolve(process, memory=process.memory.set(key, after)))
    return state if event is None else _write(components, name, state, event)


def _write(components: Components, name: ComponentKey, state: ClusterState, event: Event) -> ClusterState:
    """Return the state in which `event` was sent: as a change of what is there, or as a new one."""
    server, key = state.processes[name].server, key_of(event)
    change = _change(event)
    if change is not None:
        patch = Request(verb=Verb.PATCH, key=key, body=change, options=_SERIES, client=str(name))
        asked = ask(state, components, patch, server)
        if asked.response.code != 404:
            return asked.state
    create = Request(verb=Verb.CREATE, key=key, body=event, client=str(name))
    return ask(state, components, create, server).state


def _change(event: Event) -> Json | None:
    """Return the patch by which an event is brought up to date, None if it is told of for the first time."""
    wire = to_wire(event)
    if event.series is not None:
        return Json.of({"series": wire["series"]})
    if event.count <= 1:
        return None
    return Json.of({field: wire[field] for field in ("count", "lastTimestamp", "message") if field in wire})


def _memory_key(one: Occurrence) -> Key:
    about = one.about
    return (RECORDS, one.component, one.host, about.kind, about.namespace, about.name, about.uid)


def _free_name(store: Store, one: Occurrence, now: int) -> str:
    """Return the name that the event gets if it is a new one."""
    names = (event_name(one, now, number) for number in count())
    return next(name for name in names if store.get(ObjectKey("Event", one.namespace, name)) is None)


_SHOWS: Mapping[str, Callable[[ComponentKey, ClusterState, ClusterState], Iterator[Occurrence]]] = {
    KUBELET: reported,
    NODE_LIFECYCLE: marked,
}
"""What shows in what a family does, beside its notes."""
