"""The garbage collector: dependents of what is gone go, foreground waits, orphans are let go, cycles end."""

from __future__ import annotations

import copy
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.client.turn import OnFailure
from kcore.client.view import View
from kcore.controllers.garbagecollector import GARBAGE_COLLECTOR

NOW = 946_684_800_000
CONTEXT = Context(now=NOW)
EMPTY = bootstrap(NOW)
POLICIES = ["", "Background", "Foreground", "Orphan"]


class Cluster:
    """A store, and a collector that is served until it has nothing left to look at."""

    def __init__(self):
        self.store = EMPTY
        self.queue = deque()

    def ask(self, request):
        """Send a request, and queue what the collector wants to look at because of it."""
        outcome = handle(self.store, request, CONTEXT)
        for change in outcome.store.changes_since(self.store.revision):
            watch = GARBAGE_COLLECTOR.watches.get(change.key.kind)
            work = watch(change, outcome.store) if watch else ()
            self.queue.extend(one.key for one in work if one.key not in self.queue)
        self.store = outcome.store
        return outcome.response

    def make(self, name, *owners, kind="ConfigMap", namespace="default", finalizers=(), block=True):
        references = [
            {
                "apiVersion": "v1",
                "kind": type(owner).__name__,
                "name": owner.metadata.name,
                "uid": owner.metadata.uid,
                "blockOwnerDeletion": block,
            }
            for owner in owners
        ]
        metadata = {"name": name, "ownerReferences": references, "finalizers": list(finalizers)}
        wire = {"apiVersion": "v1", "kind": kind, "metadata": metadata}
        scope = "" if kind in ("Namespace", "Node") else namespace
        response = self.ask(Request(verb=Verb.CREATE, key=ObjectKey(kind, scope, ""), body=Json.of(wire)))
        assert response.ok, response.status
        return response.object

    def delete(self, obj, policy=""):
        key = ObjectKey(type(obj).__name__, obj.metadata.namespace, obj.metadata.name)
        return self.ask(Request(verb=Verb.DELETE, key=key, options=Options(propagation_policy=policy)))

    def patch(self, obj, metadata):
        key = ObjectKey(type(obj).__name__, obj.metadata.namespace, obj.metadata.name)
        body = Json.of({"metadata": metadata})
        return self.ask(Request(verb=Verb.PATCH, key=key, body=body, options=Options(patch_type=PatchType.MERGE)))

    def find(self, name, kind="ConfigMap", namespace="default"):
        return self.store.get(ObjectKey(kind, namespace, name))

    def names(self):
        return sorted(obj.metadata.name for obj in self.store.list("ConfigMap") if obj.metadata.namespace == "default")

    def settle(self):
        """Serve the collector until it has nothing to look at."""
        for _ in range(1000):
            if not self.queue:
                return self
            self.turn(self.queue.popleft())
        message = "the collector never ends"
        raise AssertionError(message)

    def turn(self, key):
        """Let the collector look at `key` and do what it says, as long as it asks for more."""
        view, answers, turn = self.store, (), None
        for _ in range(4):
            turn = GARBAGE_COLLECTOR.reconcile(None, View(view, NOW, answers), key)
            for call in turn.requests:
                response = self.ask(call.request)
                answers = (*answers, response)
                if not response.ok and response.reason not in call.accepts and call.on_failure is OnFailure.STOP:
                    self.queue.append(key)
                    return
            if not turn.more:
                return


@pytest.fixture
def cluster():
    """A cluster that holds nothing of ours."""
    return Cluster()


def test_dependents_of_what_is_gone_go(cluster):
    """A whole tree goes with its root, in the background."""
    root = cluster.make("root")
    child = cluster.make("child", root)
    cluster.make("grandchild", child)
    cluster.make("stranger")
    cluster.delete(root)

    assert cluster.settle().names() == ["stranger"]


def test_an_owner_that_never_was_counts_as_gone(cluster):
    """An object that names an owner that is not there is collected."""
    ghost = cluster.make("ghost")
    cluster.delete(ghost)
    cluster.make("child", ghost)

    assert cluster.settle().names() == []


def test_an_owner_of_another_uid_counts_as_gone(cluster):
    """An object made anew under the old name owns nothing of its predecessor."""
    root = cluster.make("root")
    cluster.make("child", root)
    cluster.delete(root)
    cluster.make("root")

    assert cluster.settle().names() == ["root"]


def test_an_owner_in_another_namespace_counts_as_gone(cluster):
    """A reference reaches no other namespace."""
    cluster.make("shop", kind="Namespace")
    root = cluster.make("root", namespace="shop")
    cluster.make("child", root)

    assert cluster.settle().names() == []
    assert cluster.find("root", namespace="shop") is not None


def test_an_owner_without_a_namespace_may_own_anything(cluster):
    """An object of cluster scope owns objects in any namespace."""
    node = cluster.make("n1", kind="Node")
    cluster.make("child", node)

    assert cluster.settle().names() == ["child"]

    cluster.delete(node)

    assert cluster.settle().names() == []


def test_an_owner_of_a_kind_that_is_not_served_is_left_alone(cluster):
    """What can't be asked for can't be said to be gone."""
    wire = {"apiVersion": "example.com/v1", "kind": "Cake", "name": "c", "uid": "u"}
    cluster.patch(cluster.make("child"), {"ownerReferences": [wire]})

    assert cluster.settle().names() == ["child"]


def test_one_living_owner_is_enough(cluster):
    """The reference to the owner that is gone is dropped, and the object stays until the other has gone, too."""
    one, other = cluster.make("one"), cluster.make("other")
    cluster.make("child", one, other)
    cluster.delete(one)
    cluster.settle()

    assert [owner.name for owner in cluster.find("child").metadata.owner_references] == ["other"]

    cluster.delete(other)

    assert cluster.settle().names() == []


def test_in_the_foreground_the_owner_goes_last(cluster):
    """The owner stays, marked, until the last dependent that blocks it has gone."""
    root = cluster.make("root")
    child = cluster.make("child", root, finalizers=["example.com/hold"])
    cluster.make("other", root)
    cluster.delete(root, "Foreground")
    cluster.settle()

    assert cluster.names() == ["child", "root"]
    assert cluster.find("child").metadata.deletion_timestamp is not None

    cluster.patch(child, {"finalizers": None})

    assert cluster.settle().names() == []


def test_who_does_not_block_is_not_waited_for(cluster):
    """A dependent without blockOwnerDeletion goes, but the owner does not wait for it."""
    root = cluster.make("root")
    cluster.make("child", root, finalizers=["example.com/hold"], block=False)
    cluster.delete(root, "Foreground")

    assert cluster.settle().names() == ["child"]
    assert cluster.find("child").metadata.deletion_timestamp is not None


def test_foreground_goes_down_the_tree(cluster):
    """A dependent with dependents of its own is deleted in the foreground, too."""
    root = cluster.make("root")
    child = cluster.make("child", root)
    cluster.make("leaf", child, finalizers=["example.com/hold"])
    cluster.delete(root, "Foreground")
    cluster.settle()

    assert cluster.names() == ["child", "leaf", "root"]
    assert cluster.find("child").metadata.finalizers == ("foregroundDeletion",)

    cluster.patch(cluster.find("leaf"), {"finalizers": None})

    assert cluster.settle().names() == []


def test_a_dependent_with_another_owner_survives_the_foreground(cluster):
    """It loses the reference to the one that waits, which then can go."""
    root, other = cluster.make("root"), cluster.make("other")
    cluster.make("child", root, other)
    cluster.delete(root, "Foreground")

    assert cluster.settle().names() == ["child", "other"]
    assert [owner.name for owner in cluster.find("child").metadata.owner_references] == ["other"]


def test_orphans_stay(cluster):
    """An owner that is deleted as an orphaner lets its dependents go, then goes itself."""
    root = cluster.make("root")
    cluster.make("child", root)
    cluster.make("other", root, cluster.make("second"))
    cluster.delete(root, "Orphan")

    assert cluster.settle().names() == ["child", "other", "second"]
    assert cluster.find("child").metadata.owner_references == ()
    assert [owner.name for owner in cluster.find("other").metadata.owner_references] == ["second"]


def test_a_circle_ends(cluster):
    """Two that own each other go when one is deleted, in the foreground as in the background."""
    for policy in ("Background", "Foreground"):
        one = cluster.make("one")
        other = cluster.make("other", one)
        wire = {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": other.metadata.uid}
        cluster.patch(one, {"ownerReferences": [{**wire, "blockOwnerDeletion": True}]})
        cluster.delete(one, policy)

        assert cluster.settle().names() == []


def test_a_delete_names_the_version_that_was_judged(cluster):
    """An object that changed between the look and the delete is not deleted; the collector looks again."""
    root = cluster.make("root")
    child = cluster.make("child", root)
    cluster.delete(root)
    key = ("ConfigMap", "default", "child")
    view = cluster.store
    answers = ()
    for _ in range(2):
        turn = GARBAGE_COLLECTOR.reconcile(None, View(view, NOW, answers), key)
        answers = (*answers, *(cluster.ask(call.request) for call in turn.requests))
    turn = GARBAGE_COLLECTOR.reconcile(None, View(view, NOW, answers), key)
    cluster.patch(child, {"ownerReferences": None})

    assert [call.request.verb for call in turn.requests] == [Verb.DELETE]
    assert cluster.ask(turn.requests[0].request).reason == "Conflict"
    assert cluster.names() == ["child"]


def test_a_stale_view_deletes_nothing_that_lives(cluster):
    """A collector whose cache missed that an owner was adopted asks the API server before it acts."""
    root = cluster.make("root")
    child = cluster.make("child", root)
    cluster.delete(root)
    stale = cluster.store
    other = cluster.make("other")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "other", "uid": other.metadata.uid}
    cluster.patch(child, {"ownerReferences": [reference]})
    answers = ()
    for _ in range(3):
        turn = GARBAGE_COLLECTOR.reconcile(None, View(stale, NOW, answers), ("ConfigMap", "default", "child"))
        answers = (*answers, *(cluster.ask(call.request) for call in turn.requests))

    assert cluster.names() == ["child", "other"]


def test_whatever_it_asks_is_declared(cluster):
    """The component declares every write that it makes."""
    declared = GARBAGE_COLLECTOR.writes
    asked = {(call.verb, call.kind) for call in declared}

    assert {(Verb.DELETE, "Pod"), (Verb.PATCH, "Deployment")} <= asked
    assert copy.copy(declared) == declared


@st.composite
def forests(draw):
    """Objects by number, each owned by some of those before it, and what is deleted how, in order."""
    count = draw(st.integers(3, 7))
    owners = [
        draw(st.lists(st.integers(0, number - 1), unique=True, max_size=2)) if number else [] for number in range(count)
    ]
    blocks = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    deleted = draw(st.lists(st.tuples(st.integers(0, count - 1), st.sampled_from(POLICIES)), min_size=1, max_size=4))
    return owners, blocks, deleted


def expected(owners, deleted):
    """Return who is left when each delete has had all its effects before the next."""
    living = dict(enumerate(map(set, owners)))
    for number, policy in deleted:
        if number not in living:
            continue
        if policy == "Orphan":
            for held in living.values():
                held.discard(number)
        gone = {number}
        while gone:
            for one in gone:
                living.pop(one)
            gone = set()
            for one, held in living.items():
                lost = held - living.keys()
                if lost and not held & living.keys():
                    gone.add(one)
                held.difference_update(lost if held & living.keys() else ())
    return living


@settings(max_examples=60)
@given(forests())
def test_what_is_left_is_what_is_owned_by_the_living(forest):
    """After deletes with any policies exactly those are left that no delete reaches, with their living owners."""
    owners, blocks, deleted = forest
    cluster = Cluster()
    made = []
    for number, held in enumerate(owners):
        made.append(cluster.make(f"o{number}", *(made[one] for one in held), block=blocks[number]))
    for number, policy in deleted:
        cluster.delete(made[number], policy)
        cluster.settle()
    left = {obj.metadata.name: obj for obj in cluster.store.list("ConfigMap", "default")}
    model = expected(owners, deleted)

    assert sorted(left) == [f"o{number}" for number in sorted(model)]
    assert all(obj.metadata.deletion_timestamp is None for obj in left.values())
    for number, held in model.items():
        references = left[f"o{number}"].metadata.owner_references
        assert sorted(one.name for one in references) == [f"o{one}" for one in sorted(held)]
