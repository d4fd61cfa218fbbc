"""Namespaces that are deleted: emptied pods first, with conditions that tell what is left, then gone."""

from __future__ import annotations

import pytest
from controller_bench import START, Bench
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.core.namespace import NamespaceStatus
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.client.component import Write
from kcore.controllers.namespace import NAMESPACE
from kcore.controllers.namespace.conditions import WELL, troubles, updated
from kcore.controllers.namespace.deleter import CONTENT

KEY = ObjectKey("Namespace", "", "ns")
READS = {Verb.GET, Verb.LIST}


class NamespaceBench(Bench):
    """A bench whose controller also lists, and that tells what was deleted in which order."""

    def __init__(self, *objects):
        super().__init__(NAMESPACE, namespace(), *objects)
        self.deleted = []

    def call(self, call):
        if call.request.verb is Verb.DELETE_COLLECTION:
            self.deleted.append(call.request.key.kind)
        response = self.ask(call.request)
        if call.request.verb not in READS:
            assert Write(call.request.verb, call.request.key.kind, call.request.subresource) in NAMESPACE.writes
        return response

    def end(self, name="ns"):
        """Delete the namespace as a person would."""
        return self.ask(Request(verb=Verb.DELETE, key=ObjectKey("Namespace", "", name)))

    def look(self):
        """Let the controller look when it is due, and hear of what it wrote."""
        passed = self.wait(KEY)
        self.run()
        return passed

    @property
    def namespace(self):
        return self.store.get(KEY)

    @property
    def conditions(self):
        return {one.type: (one.status, one.message) for one in self.namespace.status.conditions}


def namespace(*finalizers):
    return from_wire(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "ns", "uid": "u"},
            "spec": {"finalizers": ["kubernetes", *finalizers]},
            "status": {"phase": "Active"},
        }
    )


def thing(kind, name="x", api="v1", **rest):
    metadata = {"name": name, "namespace": "ns", "uid": f"u-{kind}-{name}", **rest.pop("metadata", {})}
    return from_wire({"apiVersion": api, "kind": kind, "metadata": metadata, **rest})


def pod(name="p", grace=30, phase="Running", **metadata):
    spec = {"nodeName": "n", "terminationGracePeriodSeconds": grace, "containers": [{"name": "c", "image": "i"}]}
    return thing("Pod", name, spec=spec, status={"phase": phase}, metadata=metadata)


def test_an_empty_namespace_goes_five_seconds_after_its_deletion():
    """The conditions are written on the way."""
    bench = NamespaceBench()
    bench.end()
    bench.run()

    assert bench.namespace.status.phase == "Terminating"
    assert bench.look() == 5_000
    assert bench.namespace is None


def test_a_namespace_that_nobody_deletes_is_left_alone():
    """It is not even looked at."""
    bench = NamespaceBench(pod())
    bench.put(namespace("example.com/other"))

    assert bench.queue == []


def test_everything_in_the_namespace_goes_and_nothing_else():
    """Kinds without rules too."""
    other = from_wire({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}})
    bench = NamespaceBench(
        thing("ConfigMap"),
        thing("Secret"),
        thing("Deployment", api="apps/v1"),
        thing("Role", api="rbac.authorization.k8s.io/v1"),
        other,
    )
    bench.end()
    bench.run()
    bench.look()

    assert bench.namespace is None
    assert sorted(bench.store.objects) == [ObjectKey("ConfigMap", "default", "x")]


def test_pods_go_first_and_alone():
    """As long as there is one, nothing else is deleted."""
    bench = NamespaceBench(pod(), thing("ConfigMap"))
    bench.end()
    bench.run()
    bench.look()

    assert bench.deleted == ["Pod"]
    assert bench.conditions["NamespaceContentRemaining"] == (
        "True",
        "Some resources are remaining: pods. has 1 resource instances",
    )
    assert bench.store.get(ObjectKey("ConfigMap", "ns", "x")).metadata.deletion_timestamp is None

    bench.remove(ObjectKey("Pod", "ns", "p"))
    bench.look()

    assert bench.namespace is None
    assert bench.deleted[1:3] == ["Pod", CONTENT[0].kind if CONTENT[0].kind != "Pod" else CONTENT[1].kind]


@pytest.mark.parametrize(
    ("pods", "wait"),
    [
        pytest.param([pod(grace=30)], 5_000, id="half of thirty seconds is more than five after the conditions"),
        pytest.param([pod(grace=6)], 4_000, id="half of six seconds and one more"),
        pytest.param(
            [pod(grace=6), pod("q", grace=60, phase="Succeeded", finalizers=["a/b"])],
            4_000,
            id="an ended pod needs no grace",
        ),
    ],
)
def test_the_next_look_comes_when_half_the_grace_is_over(pods, wait):
    """Or five seconds after the controller's own write of the conditions, if that is sooner."""
    bench = NamespaceBench(*pods)
    bench.end()
    bench.run()
    bench.look()

    assert bench.look() == wait


def test_pods_that_outlive_their_grace_are_an_error_and_tried_again_and_again():
    """The back-off doubles and ends at a minute."""
    bench = NamespaceBench(pod(grace=0, finalizers=()), pod("q", grace=1))
    bench.end()
    bench.run()
    bench.look()
    assert "NamespaceDeletionContentFailure" in bench.conditions
    assert bench.conditions["NamespaceDeletionContentFailure"][0] == "True"

    waits = [bench.look() for _ in range(16)]

    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-2:] == [60_000, 60_000]


def test_finalizers_are_waited_for_and_told():
    """Fifteen seconds are expected of them; the object is marked."""
    bench = NamespaceBench(thing("ConfigMap", metadata={"finalizers": ["example.com/stay"]}))
    bench.end()
    bench.run()
    bench.look()

    assert bench.conditions["NamespaceFinalizersRemaining"] == (
        "True",
        "Some content in the namespace has finalizers remaining: example.com/stay in 1 resource instances",
    )
    assert bench.look() == 5_000
    assert bench.look() == 8_000

    bench.put(thing("ConfigMap"))
    bench.look()

    assert bench.namespace is None


def test_a_namespace_with_another_finalizer_stays_when_it_is_empty():
    """The controller takes its own only, and has nothing to do after that."""
    bench = NamespaceBench()
    bench.put(namespace("example.com/other"))
    bench.end()
    bench.run()
    bench.look()

    assert bench.namespace.spec.finalizers == ("example.com/other",)


def test_a_finished_namespace_is_not_finalized_twice():
    """Looking again writes nothing."""
    bench = NamespaceBench()
    bench.put(
        from_wire(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": "ns", "uid": "u"},
                "spec": {"finalizers": ["a/b"]},
            }
        )
    )
    bench.end()
    bench.run()
    bench.look()
    settled = bench.store.revision
    bench.queue = [KEY]
    bench.run()
    bench.look()

    assert bench.store.revision == settled


def test_conditions_are_five_in_their_order_and_keep_their_times():
    """A second look that finds the same writes nothing; one that finds otherwise moves the time of what changed."""
    first = updated(NamespaceStatus(phase="Terminating"), troubles([], {"pods.": 2}, {}), START)
    again = updated(first, troubles([], {"pods.": 2}, {}), START + 5)
    fewer = updated(first, troubles([], {"pods.": 1}, {}), START + 5)
    none = updated(first, troubles([], {}, {}), START + 5)

    assert [one.type for one in first.conditions] == list(WELL)
    assert again is first
    assert {one.last_transition_time for one in fewer.conditions} == {START}
    assert [one.type for one in none.conditions if one.last_transition_time != START] == ["NamespaceContentRemaining"]


@given(st.lists(st.text("abc", min_size=1), max_size=4), st.dictionaries(st.text("xyz", min_size=1), st.integers(1, 9)))
def test_the_order_of_findings_does_not_matter(errors, remaining):
    """Messages are sorted."""
    turned = dict(reversed(remaining.items()))

    assert troubles(errors, remaining, remaining) == troubles(errors[::-1], turned, turned)


def test_each_kind_that_lives_in_namespaces_is_emptied_once():
    """In an order that is always the same."""
    kinds = [(kind.group, kind.kind) for kind in CONTENT]

    assert len(set(kinds)) == len(kinds)
    assert all(kind.namespaced for kind in CONTENT)
