"""Two writers of one counter: each adds one to an annotation, by optimistic concurrency or without."""

from __future__ import annotations

import attrs

from cluster_models.small import applied, booted, clerk, config_map, key_of_map
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.component import ComponentKey
from kcore.client.turn import Call, Turn
from kcore.cluster.fingerprint import Fingerprinter
from kcore.machine import Start, TableSystem, always

KEY = tuple(key_of_map())
DONE = "done"


def adder(*, careful):
    """A reconcile that adds one to the counter, once; a careless one does not say which version it has read."""

    def reconcile(memory, view, key):
        found = view.get(ObjectKey(*key))
        if memory == DONE or found is None:
            return Turn(memory=memory)
        count = int(found.metadata.annotations.get("count", "0")) + 1
        metadata = attrs.evolve(found.metadata, annotations=found.metadata.annotations.set("count", str(count)))
        if not careful:
            metadata = attrs.evolve(metadata, resource_version="")
        request = Request(verb=Verb.UPDATE, key=ObjectKey(*key), body=attrs.evolve(found, metadata=metadata))
        return Turn(memory=DONE, requests=(Call(request=request),))

    return reconcile


def two_writers(timing, *, budget=None, careful=True):
    """The search of a cluster in which two components count up one map."""
    writers = (clerk(adder(careful=careful), family="one"), clerk(adder(careful=careful), family="two"))
    model, state = booted(*writers, timing=timing, budget=budget)
    state = applied(model, state, config_map())
    return model, TableSystem(model.table, {Start("two writers"): state}, Fingerprinter())


def count(state):
    """What the counter says."""
    return int(state.store.get(key_of_map()).metadata.annotations.get("count", "0"))


def finished(state):
    """How many writers know that they have counted."""
    names = (ComponentKey("one", "m1"), ComponentKey("two", "m1"))
    return sum(state.processes[name].memory.get(KEY) == DONE for name in names)


def no_update_is_lost():
    """The property: the counter is no less than the number of writers who were told that they have counted."""
    return always("no update is lost", lambda state: count(state) >= finished(state))
