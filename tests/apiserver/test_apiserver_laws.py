"""What holds after any requests: revisions, refusals, watches, indexes, finalizers, allocations."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.core.binding import Binding
from kcore.api.core.references import ObjectReference
from kcore.api.json import Json
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.changes import ChangeType
from kcore.apiserver.deletion import FOREGROUND, ORPHAN
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.indexes import Indexes, addresses, node_ports
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.apiserver.store import EMPTY

NOW = 946_684_800_000
NAMES = ("a", "b")
KINDS = ("ConfigMap", "Pod", "Service", "Deployment")

names = st.sampled_from(NAMES)
kinds = st.sampled_from(KINDS)
labels = st.fixed_dictionaries({}, optional={"app": st.sampled_from(["x", "y"]), "tier": st.sampled_from(["1", "2"])})
finalizers = st.sampled_from([[], ["example.com/a"], ["example.com/a", "example.com/b"]])
policies = st.sampled_from(["", "Background", "Foreground", "Orphan"])
grace = st.sampled_from([None, 0, 5, 60])

CONTAINERS = [{"name": "c", "image": "i"}]
SPECS = {
    "ConfigMap": {},
    "Pod": {"spec": {"containers": CONTAINERS}},
    "Service": {"spec": {"type": "NodePort", "ports": [{"port": 80}]}},
    "Deployment": {
        "spec": {
            "selector": {"matchLabels": {"d": "d"}},
            "template": {"metadata": {"labels": {"d": "d"}}, "spec": {"containers": CONTAINERS}},
        }
    },
}
VERSIONS = {"Deployment": "apps/v1"}


def populated():
    """Return a new cluster with two objects of each kind, one of them held by a finalizer, and a bound pod."""
    store = bootstrap(NOW)
    for kind in KINDS:
        for name, held in (("a", ["example.com/a"]), ("b", [])):
            metadata = {"name": name, "labels": {"app": "x"}, "finalizers": held}
            wire = {"apiVersion": VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **SPECS[kind]}
            key = ObjectKey(kind, "default", "")
            store = handle(store, Request(verb=Verb.CREATE, key=key, body=Json.of(wire)), Context(now=NOW)).store
    binding = Binding(metadata=ObjectMeta(name="b"), target=ObjectReference(name="n1"))
    key = ObjectKey("Pod", "default", "b")
    request = Request(verb=Verb.CREATE, key=key, subresource="binding", body=binding)
    return handle(store, request, Context(now=NOW)).store


START = populated()


@st.composite
def creations(draw):
    """A creation by name or generateName, with labels, finalizers and owners, sometimes nonsense."""
    kind = draw(kinds)
    metadata = {"labels": draw(labels), "finalizers": draw(finalizers)}
    metadata |= draw(st.one_of(names.map(lambda name: {"name": name}), st.just({"generateName": "g-"})))
    owner = draw(st.sampled_from(["", "u1", "u2"]))
    if owner:
        metadata["ownerReferences"] = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "o", "uid": owner}]
    wire = {"apiVersion": VERSIONS.get(kind, "v1"), "kind": kind, "metadata": metadata, **SPECS[kind]}
    if draw(st.integers(0, 9)) == 0:
        wire["metadata"]["name"] = "NOT A NAME"
    return Request(verb=Verb.CREATE, key=ObjectKey(kind, "default", ""), body=Json.of(wire))


@st.composite
def patches(draw):
    """A merge patch of labels, finalizers or data, sometimes of an old version, sometimes nonsense."""
    kind = draw(kinds)
    metadata = draw(
        st.one_of(
            labels.map(lambda found: {"labels": {"app": None, "tier": None, **found}}),
            finalizers.map(lambda found: {"finalizers": found}),
            st.just({"resourceVersion": "3"}),
            st.just({"labels": 5}),
            st.just({}),
        )
    )
    options = Options(patch_type=PatchType.MERGE, dry_run=draw(st.integers(0, 9)) == 0)
    return Request(
        verb=Verb.PATCH,
        key=ObjectKey(kind, "default", draw(names)),
        body=Json.of({"metadata": metadata}),
        options=options,
    )


@st.composite
def deletions(draw):
    """A delete of one object or of those that have a label."""
    options = Options(propagation_policy=draw(policies), grace_period_seconds=draw(grace))
    if draw(st.integers(0, 4)) == 0:
        many = attrs.evolve(options, label_selector=draw(st.sampled_from(["", "app=x", "tier!=1"])))
        return Request(verb=Verb.DELETE_COLLECTION, key=ObjectKey(draw(kinds), "default", ""), options=many)
    return Request(verb=Verb.DELETE, key=ObjectKey(draw(kinds), "default", draw(names)), options=options)


@st.composite
def bindings(draw):
    """A binding of a pod."""
    name = draw(names)
    body = Binding(metadata=ObjectMeta(name=name), target=ObjectReference(name=draw(st.sampled_from(["n1", "n2"]))))
    return Request(verb=Verb.CREATE, key=ObjectKey("Pod", "default", name), subresource="binding", body=body)


@st.composite
def statuses(draw):
    """A status patch of a pod, or an eviction."""
    key = ObjectKey("Pod", "default", draw(names))
    if draw(st.booleans()):
        return Request(verb=Verb.CREATE, key=key, subresource="eviction")
    body = Json.of({"status": {"phase": draw(st.sampled_from(["Running", "Succeeded", "Failed"]))}})
    options = Options(patch_type=PatchType.MERGE)
    return Request(verb=Verb.PATCH, key=key, subresource="status", body=body, options=options)


requests = st.one_of(creations(), creations(), patches(), deletions(), bindings(), statuses())
law = settings(max_examples=40)
"""A history costs some 10 ms; every law sees a thousand requests."""

histories = st.lists(requests, min_size=15, max_size=40)


def run(history, start=START):
    """Yield the store before each request, the outcome, and the request."""
    store = start
    for number, request in enumerate(history):
        outcome = handle(store, request, Context(now=NOW + 1000 * number))
        yield store, outcome, request
        store = outcome.store


def last(history):
    """Return the store after a history."""
    store = START
    for _, outcome, _ in run(history):
        store = outcome.store
    return store


@law
@given(histories)
def test_a_refused_request_returns_the_same_store(history):
    """What is refused has not happened, except of a collection, of which a part may be gone."""
    for before, outcome, request in run(history):
        if not outcome.response.ok and request.verb is not Verb.DELETE_COLLECTION:
            assert outcome.store is before
        if request.options.dry_run:
            assert outcome.store is before


@law
@given(histories)
def test_revisions_are_strictly_monotone(history):
    """Each change has a revision of its own, one more than the last; the object carries it."""
    store = last(history)
    changes = store.changes_since(START.revision)

    assert [change.revision for change in changes] == [*range(START.revision + 1, store.revision + 1)]
    assert all(change.new.metadata.resource_version == str(change.revision) for change in changes if change.new)


@law
@given(histories, st.data())
def test_a_watch_from_any_revision_replays_to_the_list_at_its_end(history, data):
    """Following the changes from an old store leads to the objects and indexes of the latest."""
    stores = [START, *(outcome.store for _, outcome, _ in run(history))]
    then, now = data.draw(st.sampled_from(stores)), stores[-1]
    follower = then
    for change in now.changes_since(then.revision):
        follower = follower.apply(change)

    assert follower.objects == now.objects
    assert follower.indexes == now.indexes
    assert follower.revision == now.revision


@law
@given(histories, st.sampled_from(["", "app=x", "app!=x", "tier"]), kinds)
def test_a_watch_of_a_selection_replays_to_its_list(history, selector, kind):
    """Applying the events of a filtered watch to the filtered list gives the filtered list at the end."""
    options = Options(label_selector=selector)
    key = ObjectKey(kind, "default", "")
    ask = Request(verb=Verb.LIST, key=key, options=options)
    seen = {obj.metadata.name: obj for obj in handle(START, ask, Context(now=NOW)).response.items}
    store = last(history)
    since = attrs.evolve(options, resource_version=str(START.revision))
    for change in handle(store, Request(verb=Verb.WATCH, key=key, options=since), Context(now=NOW)).response.changes:
        assert (change.type is ChangeType.ADDED) is (change.key.name not in seen)
        if change.new is None:
            del seen[change.key.name]
        else:
            seen[change.key.name] = change.new

    assert sorted(seen.items()) == [
        (obj.metadata.name, obj) for obj in handle(store, ask, Context(now=NOW)).response.items
    ]


@law
@given(histories)
def test_indexes_equal_their_recomputation(history):
    """However the store came about, its indexes are those of its objects."""
    store = last(history)

    assert store.indexes == Indexes.of(store.objects)


def held(obj):
    """Return the finalizers of an object that no delete takes away: all but those of the garbage collector."""
    return [one for one in obj.metadata.finalizers if one not in (ORPHAN, FOREGROUND)]


@law
@given(histories)
def test_an_object_with_finalizers_never_disappears(history):
    """Whoever has a finalizer is still there after any request but the patch that takes the last one away."""
    for before, outcome, request in run(history):
        gone = [obj for key, obj in before.objects.items() if held(obj) and key not in outcome.store.objects]
        if gone:
            assert request.verb is Verb.PATCH
            assert outcome.response.object.metadata.finalizers == ()
            assert gone[0].metadata.deletion_timestamp is not None


@law
@given(histories)
def test_a_deletion_is_never_taken_back(history):
    """An object that is being deleted stays so until it is gone; its end is only ever brought forward."""
    for change in last(history).changes_since(START.revision):
        if change.type is ChangeType.MODIFIED and change.old.metadata.deletion_timestamp is not None:
            assert change.new.metadata.uid == change.old.metadata.uid
            assert change.new.metadata.deletion_timestamp is not None
            assert change.new.metadata.deletion_timestamp <= change.old.metadata.deletion_timestamp


@law
@given(histories)
def test_what_identifies_an_object_stays(history):
    """Uid, name and birth of an object never change, and generations never fall."""
    store = last(history)
    for change in store.changes_since(START.revision):
        if change.type is ChangeType.MODIFIED:
            old, new = change.old.metadata, change.new.metadata
            assert (new.uid, new.name, new.creation_timestamp) == (old.uid, old.name, old.creation_timestamp)
            assert new.generation >= old.generation


@law
@given(histories)
def test_nothing_is_given_out_twice(history):
    """Uids are different for ever; addresses and node ports are different among what there is."""
    store = last(history)
    changes = store.changes_since(START.revision)
    uids = Counter(change.new.metadata.uid for change in changes if change.type is ChangeType.ADDED)
    services = store.list("Service")
    held = Counter(address for one in services for address in addresses(one.spec))
    ports = Counter(port for one in services for port in node_ports(one.spec))

    assert all(count == 1 for count in (uids + held + ports).values())


@law
@given(histories)
def test_the_same_requests_lead_to_the_same_store(history):
    """Nothing but the requests and the times decides."""
    assert last(history).objects == last(history).objects


@law
@given(histories)
def test_the_empty_cluster_takes_nothing(history):
    """Without namespaces every creation in one is a 404, and nothing else does anything."""
    for _, outcome, request in run(history, EMPTY):
        assert outcome.store is EMPTY
        if request.verb is Verb.CREATE and not request.subresource:
            assert outcome.response.code == 404


@pytest.mark.parametrize("verb", [Verb.GET, Verb.LIST, Verb.WATCH])
def test_reading_changes_nothing(verb):
    """A read returns the same store."""
    outcome = handle(START, Request(verb=verb, key=ObjectKey("Namespace", "", "default")), Context(now=NOW))

    assert outcome.store is START
    assert outcome.response.code == 200
