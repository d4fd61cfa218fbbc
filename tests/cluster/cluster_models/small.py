"""Clusters of a few nodes, objects of a few lines, and components that do what a test tells them."""

from __future__ import annotations

from cluster_models.bare import BARE
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, OnFailure, Turn
from kcore.cluster.events import TimePassed
from kcore.cluster.timing import Timing
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model
from kcore.users.apply import Apply

CAPACITY = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})


def booted(*components, nodes=0, timing=Timing.PROMPT, masters=1, budget=None):
    """A model and the first state of its cluster; without components, those that run bare pods."""
    model = build_model(components or BARE)
    specs = [NodeSpec(name=f"n{number + 1}", capacity=CAPACITY) for number in range(nodes)]
    return model, boot(model, Plan(nodes=specs, timing=timing, masters=masters, budget=FrozenMap(budget or {})))


def pod(name, image="app:v1", **spec):
    """A pod of one container."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": image}], **spec},
    }


def config_map(name="c", **data):
    """A ConfigMap, as an object that no component of a cluster looks at."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def applied(model, state, *bodies):
    """The state after somebody created objects."""
    return done(model, state, Apply(objects=tuple(map(Json.of, bodies)))).state


def done(model, state, event):
    """The step of an event that is not refused."""
    step = model.step(state, event)
    assert not isinstance(step, Refusal), step
    return step


def calm(model, state):
    """What a cluster does of itself before time passes: the last state, the events and the notes."""
    events, notes = [], []
    while (event := model.next_move(state)) is not None and not isinstance(event, TimePassed):
        step = done(model, state, event)
        state = step.state
        events.append(event)
        notes += step.notes
    return state, events, notes


def key_of_map(name="c"):
    return ObjectKey("ConfigMap", "default", name)


def own_key(change, store):
    """The watch that looks at what has changed, whoever leads."""
    yield Work(LEADER, change.key)


WRITES = frozenset(Write(verb, "ConfigMap") for verb in (Verb.CREATE, Verb.UPDATE, Verb.PATCH, Verb.DELETE))


def clerk(reconcile, *, family="clerk", kinds=("ConfigMap",), writes=WRITES, watch=own_key, per_node=False):
    """A component that looks at ConfigMaps and may write them."""
    watches = dict.fromkeys(kinds, watch)
    return Component(family=family, watches=watches, reconcile=reconcile, writes=writes, per_node=per_node)


def idler(memory, view, key):
    """The reconcile that does nothing."""
    return Turn()


def patch(name="c", *, on_failure=OnFailure.STOP, accepts=(), attempts=3, **data):
    """A call that sets data of a ConfigMap."""
    request = Request(
        verb=Verb.PATCH,
        key=key_of_map(name),
        body=Json.of({"data": data}),
        options=Options(patch_type=PatchType.MERGE),
    )
    return Call(request=request, on_failure=on_failure, accepts=frozenset(accepts), attempts=attempts)


def get(name="c", **options):
    """A live read of a ConfigMap."""
    return Call(request=Request(verb=Verb.GET, key=key_of_map(name), options=Options(**options)), accepts={"NotFound"})


def data(state, name="c"):
    """The data of a ConfigMap in etcd; None when there is none."""
    found = state.store.get(key_of_map(name))
    return None if found is None else dict(found.data)
