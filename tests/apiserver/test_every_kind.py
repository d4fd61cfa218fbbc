"""What holds of every kind that the API server has rules of: how it goes, and what is refused has not happened."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.convert import to_wire
from kcore.api.json import Json
from kcore.api.kinds import KINDS
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.indexes import Indexes
from kcore.apiserver.registry import STRATEGIES
from kcore.apiserver.request import Options, PatchType, Request, Verb

NOW = 946_684_800_000
HOLD = "example.com/hold"
PODS = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
ENDING = {**PODS, "spec": {**PODS["spec"], "restartPolicy": "Never"}}
SELECTED = {"selector": {"matchLabels": {"a": "b"}}, "template": PODS}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
STORAGE = {"storage": "1Gi"}
WEBHOOK = {
    "name": "w.example.com",
    "clientConfig": {"url": "https://example.com/w"},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}
CRD = {
    "group": "example.com",
    "names": {"plural": "as", "kind": "A", "singular": "a", "listKind": "AList"},
    "scope": "Namespaced",
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
}

SOUND = {
    "CSIDriver": {"spec": {}},
    "CSINode": {"spec": {"drivers": [{"name": "d.io", "nodeID": "n", "topologyKeys": ["zone"]}]}},
    "CSIStorageCapacity": {"storageClassName": "fast", "capacity": "1Gi"},
    "ConfigMap": {"data": {"a": "b"}},
    "ControllerRevision": {"data": {"spec": {}}, "revision": 1},
    "CronJob": {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": ENDING}}}},
    "CustomResourceDefinition": {"metadata": {"name": "as.example.com"}, "spec": CRD},
    "DaemonSet": {"spec": SELECTED},
    "Deployment": {"spec": SELECTED},
    "EndpointSlice": {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]},
    "Endpoints": {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]},
    "Event": {"involvedObject": {"kind": "Pod", "namespace": "default", "name": "p"}, "reason": "R", "message": "m"},
    "HorizontalPodAutoscaler": {"spec": {"scaleTargetRef": TARGET, "maxReplicas": 3}},
    "IPAddress": {"metadata": {"name": "10.0.0.9"}, "spec": {"parentRef": {"resource": "services", "name": "s"}}},
    "Ingress": {"spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}},
    "IngressClass": {"spec": {"controller": "example.com/c"}},
    "Job": {"spec": {"template": ENDING}},
    "Lease": {"spec": {"holderIdentity": "h", "leaseDurationSeconds": 40}},
    "LimitRange": {"spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}},
    "MutatingWebhookConfiguration": {"webhooks": [WEBHOOK]},
    "Namespace": {},
    "NetworkPolicy": {"spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}},
    "Node": {"status": {"capacity": {"cpu": "4", "memory": "8Gi"}}},
    "PersistentVolume": {"spec": {"capacity": STORAGE, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}}},
    "PersistentVolumeClaim": {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": STORAGE}}},
    "Pod": {"spec": PODS["spec"]},
    "PodDisruptionBudget": {"spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}},
    "PodTemplate": {"template": PODS},
    "PriorityClass": {"value": 5},
    "ReplicaSet": {"spec": SELECTED},
    "ReplicationController": {"spec": {"selector": {"a": "b"}, "template": PODS}},
    "ResourceQuota": {"spec": {"hard": {"count/secrets": "50"}}},
    "Secret": {"stringData": {"a": "b"}},
    "Service": {"spec": {"type": "NodePort", "ports": [{"port": 80}]}},
    "ServiceAccount": {},
    "ServiceCIDR": {"spec": {"cidrs": ["10.9.0.0/24"]}},
    "StatefulSet": {"spec": {**SELECTED, "serviceName": "s"}},
    "StorageClass": {"provisioner": "example.com/p"},
    "ValidatingWebhookConfiguration": {"webhooks": [WEBHOOK]},
    "VolumeAttachment": {"spec": {"attacher": "d.io", "nodeName": "n", "source": {"persistentVolumeName": "v"}}},
    "VolumeAttributesClass": {"driverName": "d.io", "parameters": {"iops": "9"}},
}
"""An object of each kind that the server takes."""

ROWS = {kind.kind: kind for kind in reversed(KINDS)}
OF_THE_GARBAGE_COLLECTOR = {"Job": "orphan", "ReplicationController": "orphan"}
PROTECTED = {"PersistentVolume": "kubernetes.io/pv-protection", "PersistentVolumeClaim": "kubernetes.io/pvc-protection"}
HELD = {**OF_THE_GARBAGE_COLLECTOR, **PROTECTED}
"""The finalizer that keeps a new object of a kind when nobody asks for one."""
EMPTIED_FIRST = {"Namespace", "CustomResourceDefinition"}
"""Kinds that are emptied before they go."""
AT_ONCE = sorted(set(STRATEGIES) - set(HELD) - EMPTIED_FIRST - {"Pod"})


def sound(kind, **metadata):
    """Return a sound object of a kind in JSON, named `a` unless its kind has rules for names."""
    row, wire = ROWS[kind], copy.deepcopy(SOUND[kind])
    version = f"{row.group}/{row.version}" if row.group else row.version
    namespace = {"namespace": "default"} if row.namespaced else {}
    meta = {"name": "a", **wire.pop("metadata", {}), **namespace, **metadata}
    return {"apiVersion": version, "kind": kind, "metadata": meta, **wire}


def key_of(kind, name=None):
    """Return the key of the sound object of a kind, or of another one."""
    meta = sound(kind)["metadata"]
    return ObjectKey(kind, meta.get("namespace", ""), meta["name"] if name is None else name)


def send(store, verb, key, body=None, now=NOW, **options):
    """Return the outcome of a request."""
    sent = body if body is None else Json.of(body)
    return handle(store, Request(verb=verb, key=key, body=sent, options=Options(**options)), Context(now=now))


def created(kind, store=None, **metadata):
    """Return a store with the sound object of a kind."""
    outcome = send(bootstrap(NOW) if store is None else store, Verb.CREATE, key_of(kind, ""), sound(kind, **metadata))
    assert outcome.response.code == 201, outcome.response.status
    return outcome.store


def said(wire):
    """Return what an object says beside its metadata and status; what is empty says nothing."""
    return {name: value for name, value in wire.items() if name not in ("metadata", "status") and value not in ({}, [])}


# How an object goes


def test_there_is_a_sound_object_of_every_kind():
    """The tables below leave no kind out."""
    assert sorted(SOUND) == sorted(STRATEGIES)


@pytest.mark.parametrize("kind", AT_ONCE)
def test_an_object_that_nothing_holds_goes_at_once(kind):
    """A delete, also one with a grace period, ends in the object being gone; no revision shows it marked."""
    store = created(kind)
    outcome = send(store, Verb.DELETE, key_of(kind), grace_period_seconds=30)

    assert outcome.response.code == 200
    assert outcome.store.get(key_of(kind)) is None
    assert outcome.store.revision == store.revision + 1


@pytest.mark.parametrize("kind", sorted(HELD))
def test_an_object_that_is_held_from_the_start_is_marked(kind):
    """A volume or claim waits for its protection, and what leaves its dependents by default for the collector."""
    left = send(created(kind), Verb.DELETE, key_of(kind)).store.get(key_of(kind))

    assert left.metadata.finalizers == (HELD[kind],)
    assert left.metadata.deletion_timestamp is not None
    assert left.metadata.deletion_grace_period_seconds == 0


@pytest.mark.parametrize("kind", sorted(OF_THE_GARBAGE_COLLECTOR))
def test_in_the_background_goes_at_once_what_orphans_by_default(kind):
    """The default is only for deletes that do not say."""
    outcome = send(created(kind), Verb.DELETE, key_of(kind), propagation_policy="Background")

    assert outcome.store.get(key_of(kind)) is None


@pytest.mark.parametrize("kind", sorted(set(STRATEGIES) - EMPTIED_FIRST))
def test_an_object_with_a_finalizer_waits_for_it(kind):
    """Deleted it is marked and stays, deleted again it stays the same, and it goes with its last finalizer."""
    key = key_of(kind)
    marked = send(created(kind, finalizers=[HOLD]), Verb.DELETE, key, propagation_policy="Background").store
    again = send(marked, Verb.DELETE, key, propagation_policy="Background", now=NOW + 5000).store

    assert HOLD in marked.get(key).metadata.finalizers
    assert marked.get(key).metadata.deletion_timestamp is not None
    assert again.get(key) == marked.get(key)
    freed = send(again, Verb.PATCH, key, {"metadata": {"finalizers": None}}, patch_type=PatchType.MERGE)
    assert freed.response.ok, freed.response.status
    assert freed.store.get(key) is None


@pytest.mark.parametrize("kind", sorted(set(STRATEGIES) - EMPTIED_FIRST - {"Event"}))
@pytest.mark.parametrize(("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
def test_a_propagation_policy_holds_any_object(kind, policy, finalizer):
    """The garbage collector is to see to the dependents first, whatever the kind."""
    left = send(created(kind), Verb.DELETE, key_of(kind), propagation_policy=policy).store.get(key_of(kind))

    assert finalizer in left.metadata.finalizers
    assert left.metadata.deletion_timestamp is not None


@pytest.mark.parametrize("policy", ["Foreground", "Orphan", "Background"])
def test_an_event_has_no_dependents(policy):
    """The garbage collector does not look at Events, so no policy holds one."""
    assert send(created("Event"), Verb.DELETE, key_of("Event"), propagation_policy=policy).store.list("Event") == ()


@pytest.mark.parametrize("kind", sorted(STRATEGIES))
def test_only_the_object_that_is_meant_is_deleted(kind):
    """A uid of another object is a 409, and nothing happens."""
    store = created(kind)
    outcome = send(store, Verb.DELETE, key_of(kind), uid="another")

    assert (outcome.response.code, outcome.response.reason) == (409, "Conflict")
    assert outcome.store is store


@pytest.mark.parametrize("kind", sorted(STRATEGIES))
def test_what_is_not_there_is_not_deleted(kind):
    """A 404, and nothing happens."""
    store = bootstrap(NOW)
    outcome = send(store, Verb.DELETE, key_of(kind))

    assert (outcome.response.code, outcome.response.reason) == (404, "NotFound")
    assert outcome.store is store


AS_GIVEN = (
    "CSINode",
    "ConfigMap",
    "IPAddress",
    "ServiceAccount",
    "ServiceCIDR",
    "VolumeAttachment",
    "VolumeAttributesClass",
)


@pytest.mark.parametrize("kind", AS_GIVEN)
def test_of_some_kinds_nothing_is_filled_in(kind):
    """Beside what every object gets in its metadata, the stored object says what was sent and no more."""
    stored = to_wire(created(kind).get(key_of(kind)))

    assert said(stored) == said(sound(kind))


MADE_BY_UPDATES = {"Endpoints", "Event", "Lease", "Service"}


@pytest.mark.parametrize("kind", sorted(STRATEGIES))
def test_an_update_of_what_is_not_there_creates_it_or_not(kind):
    """A few kinds are made by an update, too; of the others it is a 404."""
    store = bootstrap(NOW)
    outcome = send(store, Verb.UPDATE, key_of(kind), sound(kind))

    assert outcome.response.code == (201 if kind in MADE_BY_UPDATES else 404)
    assert (outcome.store.get(key_of(kind)) is not None) is (kind in MADE_BY_UPDATES)


# What is refused has not happened


def full():
    """Return a cluster with a sound object of every kind, which allow each other."""
    store = bootstrap(NOW)
    for kind in sorted(set(STRATEGIES) - {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}):
        store = created(kind, store)
    return store


FULL = full()
kinds = st.sampled_from(sorted(STRATEGIES))
JUNK = (None, "", "x", "NOT A NAME", "-1", -1, 0, 7, True, [], ["x"], [None], {}, {"x": 1}, 1.5, "1Gi")
junk = st.sampled_from(JUNK).map(copy.deepcopy)


def places(wire, path=()):
    """Yield the paths of all that is in a JSON value."""
    for step, value in wire.items() if isinstance(wire, dict) else enumerate(wire):
        yield (*path, step)
        if isinstance(value, dict | list):
            yield from places(value, (*path, step))


@st.composite
def bodies(draw, kind):
    """A sound object in which something, or nothing, is nonsense."""
    wire = sound(kind)
    wire["metadata"]["resourceVersion"] = draw(st.sampled_from(["", "3"]))
    for _ in range(draw(st.integers(0, 2))):
        *path, last = draw(st.sampled_from([place for place in places(wire) if place != ("kind",)]))
        inner = wire
        for step in path:
            inner = inner[step]
        inner[last] = draw(junk)
    return wire


def fields(*names):
    """Patches of one of these fields with anything."""
    return st.tuples(st.sampled_from(names), junk).map(lambda found: {found[0]: found[1]})


pointers = st.sampled_from(["/spec", "/metadata/name", "/metadata/labels", "/data", "/x/y"])
operations = st.builds(
    lambda op, path, value: {"op": op, "path": path, "value": value},
    st.sampled_from(["add", "replace", "remove", "test"]),
    pointers,
    junk,
)
patches = st.one_of(
    st.tuples(st.just(PatchType.MERGE), fields("spec", "data", "status", "metadata", "kind")),
    st.tuples(
        st.just(PatchType.MERGE), fields("labels", "finalizers", "ownerReferences").map(lambda one: {"metadata": one})
    ),
    st.tuples(st.just(PatchType.STRATEGIC), fields("spec", "metadata", "$patch", "$retainKeys")),
    st.tuples(st.just(PatchType.JSON), st.lists(operations, max_size=3)),
)


@st.composite
def writes(draw):
    """A write of any kind, sometimes of what is not there, sometimes nonsense, sometimes a dry run."""
    kind = draw(kinds)
    verb = draw(st.sampled_from([Verb.CREATE, Verb.UPDATE, Verb.PATCH, Verb.PATCH, Verb.DELETE]))
    if verb is Verb.CREATE:
        return verb, key_of(kind, ""), draw(bodies(kind)), {"dry_run": draw(st.booleans())}
    key = key_of(kind, draw(st.sampled_from([None, None, "b"])))
    if verb is Verb.DELETE:
        policy = draw(st.sampled_from(["", "Foreground", "Orphan", "Sideways"]))
        return verb, key, None, {"propagation_policy": policy, "uid": draw(st.sampled_from(["", "another"]))}
    if verb is Verb.UPDATE:
        return verb, key, draw(bodies(kind)), {}
    how, patch = draw(st.one_of(*(bodies(kind).map(lambda body: (PatchType.APPLY, body)), patches)))
    return verb, key, patch, {"patch_type": how, "field_manager": "m", "force": draw(st.booleans())}


@settings(max_examples=300, deadline=None)
@given(st.lists(writes(), min_size=1, max_size=6))
def test_a_refused_write_of_any_kind_changes_nothing(requests):
    """Whatever is sent is answered; a refusal or a dry run leaves the very store, anything else never an older one."""
    store = FULL
    for verb, key, body, options in requests:
        outcome = send(store, verb, key, body, **options)
        if not outcome.response.ok or options.get("dry_run"):
            assert outcome.store is store
        else:
            assert outcome.store is store or outcome.store.revision > store.revision
        store = outcome.store


@settings(max_examples=100, deadline=None)
@given(st.lists(writes(), min_size=3, max_size=12), st.data())
def test_changes_of_any_kind_can_be_followed(requests, data):
    """Each change has the next revision, and following them from any store on the way leads to the last one."""
    stores = [FULL]
    for verb, key, body, options in requests:
        stores.append(send(stores[-1], verb, key, body, **options).store)
    then, now = data.draw(st.sampled_from(stores)), stores[-1]
    follower = then
    for change in now.changes_since(then.revision):
        assert change.revision == follower.revision + 1
        follower = follower.apply(change)

    assert (follower.objects, follower.indexes, follower.revision) == (now.objects, now.indexes, now.revision)
    assert now.indexes == Indexes.of(now.objects)
