"""Custom resources in a running cluster: collected, emptied out with their namespace, gone with their definition."""

from __future__ import annotations

import pytest

from kcore.api.convert import to_wire
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, Request, Verb
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Turn
from kcore.cluster.target import Target
from kcore.cluster.timing import Timing
from kcore.controllers.crdfinalizer import CRD_FINALIZER
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR
from kcore.controllers.namespace import NAMESPACE
from kcore.controllers.podautoscaler import podautoscaler
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.patch import Patch, Scale

CAKE = "Cake.example.com"
CRD = "CustomResourceDefinition"
NAME = "cakes.example.com"
NO_FINALIZERS = {"metadata": {"finalizers": None}}
MODEL = build_model((NAMESPACE, GARBAGE_COLLECTOR, CRD_FINALIZER))


def definition(scope="Namespaced"):
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    scale = {"specReplicasPath": ".spec.layers", "statusReplicasPath": ".status.layers"}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}, "scale": scale},
    }
    names = {"plural": "cakes", "kind": "Cake"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": CRD,
        "metadata": {"name": NAME},
        "spec": {"group": "example.com", "scope": scope, "names": names, "versions": [version]},
    }


def cake(name="c", owner=None, **metadata):
    wire = {
        "apiVersion": "example.com/v1",
        "kind": "Cake",
        "metadata": {"name": name, **metadata},
        "spec": {"layers": 1},
    }
    return owned(wire, owner)


def config_map(name="cm", owner=None, **metadata):
    return owned({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}, owner)


def owned(wire, owner):
    if owner is not None:
        found = to_wire(owner)
        reference = {"apiVersion": found["apiVersion"], "kind": found["kind"], "blockOwnerDeletion": True}
        named = {name: found["metadata"][name] for name in ("name", "uid")}
        wire["metadata"]["ownerReferences"] = [{**reference, **named}]
    return wire


def done(state, event, model=MODEL):
    step = model.step(state, event)
    assert not isinstance(step, Refusal), step
    answers = [dict(note.fields) for note in step.notes if note.name == ANSWERED]
    return step.state, answers


def then(state, event, model=MODEL):
    return settle(model, done(state, event, model)[0], quiet=30_000, limit=300_000).state


def make(state, *objects, model=MODEL):
    return then(state, Apply(objects=tuple(map(Json.of, objects))), model)


def gone(state, kind, name, namespace="default", model=MODEL, **options):
    return then(state, Delete(target=Target(kind=kind, namespace=namespace, name=name), **options), model)


def freed(kind, name):
    """Somebody takes all finalizers from an object."""
    return Patch(target=Target(kind=kind, namespace="default", name=name), patch=Json.of(NO_FINALIZERS))


def find(state, kind, name, namespace="default"):
    return state.store.get(ObjectKey(kind, namespace, name))


@pytest.fixture
def bakery():
    """A cluster that knows cakes."""
    return make(boot(MODEL, Plan(nodes=[])), definition())


def test_what_a_custom_resource_owns_goes_with_it(bakery):
    """As an owner it is like any other."""
    state = make(bakery, cake())
    state = make(state, config_map(owner=find(state, CAKE, "c")))
    state = gone(state, CAKE, "c")

    assert find(state, "ConfigMap", "cm") is None


def test_a_custom_resource_goes_with_its_owner(bakery):
    """As a dependent it is like any other, also of one of its own kind."""
    state = make(bakery, config_map())
    state = make(state, cake(owner=find(state, "ConfigMap", "cm")))
    state = make(state, cake("slice", owner=find(state, CAKE, "c")))
    state = gone(state, "ConfigMap", "cm")

    assert state.store.list(CAKE) == ()


def test_an_owner_in_no_namespace_waits_for_its_dependents():
    """In the foreground, what a cluster-wide custom resource owns goes first."""
    state = make(boot(MODEL, Plan(nodes=[])), definition(scope="Cluster"), cake())
    held = config_map(owner=find(state, CAKE, "c", ""), finalizers=["example.com/hold"])
    state = gone(make(state, held), CAKE, "c", namespace="", propagation_policy="Foreground")

    assert find(state, CAKE, "c", "").metadata.deletion_timestamp is not None

    state = then(state, freed("ConfigMap", "cm"))

    assert find(state, CAKE, "c", "") is None
    assert find(state, "ConfigMap", "cm") is None


def test_a_custom_resource_goes_with_its_namespace(bakery):
    """What definitions brought is content like any other."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "party"}}
    state = make(bakery, namespace, cake(namespace="party"), cake())
    state = gone(state, "Namespace", "party", namespace="")

    assert find(state, "Namespace", "party", "") is None
    assert [one.metadata.namespace for one in state.store.list(CAKE)] == ["default"]


def condition(state):
    crd = to_wire(find(state, CRD, NAME, ""))
    (found,) = (one for one in crd["status"]["conditions"] if one["type"] == "Terminating")
    return found["status"], found["reason"]


def test_a_kind_goes_with_its_definition(bakery):
    """All its objects are deleted, then the definition is gone and nothing serves the kind."""
    state, _ = done(make(bakery, cake(), cake("d")), Delete(target=Target(kind=CRD, name=NAME)))

    assert condition(state) == ("True", "InstanceDeletionPending")

    state = settle(MODEL, state).state
    answer = handle(state.store, Request(verb=Verb.LIST, key=ObjectKey(CAKE, "default", "")), Context(now=state.now))

    assert state.store.list(CAKE) == ()
    assert find(state, CRD, NAME, "") is None
    assert answer.response.code == 404


def test_a_definition_waits_for_objects_that_are_held(bakery):
    """A finalizer of an object holds its definition; the kind is served, but nothing is created of it any more."""
    state = make(bakery, cake(finalizers=["example.com/hold"]), cake("d"))
    state, _ = done(state, Delete(target=Target(kind=CRD, name=NAME)))
    state = advance(MODEL, state, state.now + 30_000)
    _, answers = done(state, Apply(objects=(Json.of(cake("e")),)))

    assert [one.metadata.name for one in state.store.list(CAKE)] == ["c"]
    assert condition(state) == ("True", "InstanceDeletionInProgress")
    assert [(one["code"], one["message"]) for one in answers] == [
        (405, "create not allowed while custom resource definition is terminating")
    ]

    state = advance(MODEL, state, state.now + 30_002)

    assert condition(state)[0] == "True"

    state, _ = done(state, freed(CAKE, "c"))
    state = advance(MODEL, state, state.now + 6_000)

    assert find(state, CRD, NAME, "") is None


def test_the_status_says_that_objects_remain(bakery):
    """After a minute in vain the condition tells, and the deletion begins anew."""
    state = make(bakery, cake(finalizers=["example.com/hold"]))
    state, _ = done(state, Delete(target=Target(kind=CRD, name=NAME)))
    seen = []

    def look(_, step):
        reason = condition(step.state)[1]
        seen.extend([reason] if reason not in seen[-1:] else [])

    advance(MODEL, state, state.now + 130_000, watcher=look)

    assert seen[:3] == ["InstanceDeletionInProgress", "InstanceDeletionCheck", "InstanceDeletionInProgress"]


def test_a_size_at_a_path_of_its_own_is_scaled(bakery):
    """The definition says where it is."""
    state = then(make(bakery, cake()), Scale(target=Target(kind=CAKE, namespace="default", name="c"), replicas=3))

    assert to_wire(find(state, CAKE, "c"))["spec"] == {"layers": 3}


def test_an_autoscaler_scales_a_custom_resource():
    """Through the same paths, to its bounds at least."""
    model = build_model((podautoscaler(),))
    hpa = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "h"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "example.com/v1", "kind": "Cake", "name": "c"},
            "minReplicas": 3,
            "maxReplicas": 5,
        },
    }
    state = make(boot(model, Plan(nodes=[])), definition(), cake(), hpa, model=model)

    assert to_wire(find(state, CAKE, "c"))["spec"] == {"layers": 3}


def baker(change, _):
    yield Work(LEADER, change.key)


def bake(_, view, key):
    """Write a ConfigMap beside each cake."""
    found = view.get(ObjectKey(*key))
    if found is None or view.get(ObjectKey("ConfigMap", key[1], key[2])) is not None:
        return Turn()
    body = Json.of(config_map(key[2]))
    return Turn(requests=(Call(request=Request(verb=Verb.CREATE, key=ObjectKey("ConfigMap", key[1], ""), body=body)),))


BAKER = Component(
    family="baker", watches={CAKE: baker}, reconcile=bake, writes=frozenset({Write(Verb.CREATE, "ConfigMap")})
)


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.LAGGING], ids=["up to date", "behind"])
def test_a_controller_of_ones_own_watches_a_custom_kind(timing):
    """It and the garbage collector both hear of it, whether or not their caches lag."""
    model = build_model((GARBAGE_COLLECTOR, BAKER))
    state = boot(model, Plan(nodes=[NodeSpec(name="n1", capacity=FrozenMap({"cpu": "1"}))], timing=timing))
    state = make(state, definition(), cake(), config_map("owner"), model=model)
    state = make(state, cake("d", owner=find(state, "ConfigMap", "owner")), model=model)

    assert find(state, "ConfigMap", "c") is not None

    state = gone(state, "ConfigMap", "owner", model=model)

    assert [one.metadata.name for one in state.store.list(CAKE)] == ["c"]


def test_what_a_component_does_not_declare_it_may_not_write(bakery):
    """A declaration for custom kinds is none for built-in ones."""
    options = Options(dry_run=True)
    request = Request(verb=Verb.DELETE_COLLECTION, key=ObjectKey(CAKE, "default", ""), options=options)

    assert Write(Verb.DELETE_COLLECTION, "CustomResources") in CRD_FINALIZER.writes
    assert Write(Verb.DELETE_COLLECTION, "Pod") not in CRD_FINALIZER.writes
    assert handle(bakery.store, request, Context(now=bakery.now)).response.ok
