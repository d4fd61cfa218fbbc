"""The EndpointSlice controller: its slices, what goes where, what goes wrong, and what makes work."""

from __future__ import annotations

import attrs
import pytest
from endpointslice_bench import (
    SELECTED,
    WEB,
    SliceBench,
    make_namespace,
    make_node,
    make_pod,
    make_service,
    many,
    run,
)

from kcore.api.convert import from_wire
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb

# Slices


def test_a_slice_belongs_to_its_service_and_carries_its_labels():
    """The Service's labels are copied but for those that are reserved."""
    labels = {"team": "a", "kubernetes.io/service-name": "other"}
    [wire] = run(make_service(metadata={"labels": labels}), make_pod()).slices

    assert wire["metadata"]["name"].startswith("web-")
    assert wire["metadata"]["labels"] == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    [owner] = wire["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "v1",
        "kind": "Service",
        "name": "web",
        "uid": "s-1",
        "controller": True,
        "blockOwnerDeletion": True,
    }


def test_the_slice_of_a_headless_service_says_so():
    """By a label without a value."""
    [wire] = run(make_service(clusterIP="None"), make_pod()).slices

    assert wire["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


def test_new_labels_of_a_service_reach_its_slices():
    """A label that goes from the Service goes from the slice."""
    bench = run(make_service(metadata={"labels": {"team": "a"}}), make_pod())
    bench.put(make_service(metadata={"labels": {"tier": "web"}}))

    assert bench.run() == [("update", 200)]
    labels = bench.slices[0]["metadata"]["labels"]
    assert ("team" in labels, labels["tier"]) == (False, "web")


@pytest.mark.parametrize(
    "service",
    [
        pytest.param({"type": "ExternalName", "externalName": "db.example.org"}, id="an alias"),
        pytest.param({"selector": None}, id="no selector"),
        pytest.param({"selector": {}}, id="an empty selector"),
    ],
)
def test_a_service_without_pods_of_its_own_has_no_slices(service):
    """Their slices are for others to write."""
    bench = run(make_service(**service), make_pod())

    assert bench.writes == []


def test_a_service_without_endpoints_has_one_empty_slice():
    """The placeholder is written once, and filled when there is a pod."""
    bench = run(make_service())
    placeholder = bench.slices[0]["metadata"]["name"]
    bench.queue.append(WEB)

    assert (bench.sizes, bench.run()) == ([0], [])
    bench.put(make_pod())
    assert bench.run() == [("update", 200)]
    assert (bench.slices[0]["metadata"]["name"], bench.sizes) == (placeholder, [1])
    bench.remove(ObjectKey("Pod", "default", "a"))
    assert bench.run() == [("update", 200)]
    assert (bench.slices[0]["metadata"]["name"], bench.slices[0]["ports"], bench.sizes) == (placeholder, [], [0])


def test_slices_of_an_earlier_service_of_that_name_are_replaced():
    """The garbage collector will come for them, but they must not serve until then."""
    bench = run(make_service(), make_pod())
    bench.put(make_service(metadata={"uid": "s-2"}))

    assert bench.run() == [("create", 201), ("delete", 200)]
    assert [wire["metadata"]["ownerReferences"][0]["uid"] for wire in bench.slices] == ["s-2"]


def test_slices_of_a_family_that_a_service_gave_up_go():
    """From both families back to one."""
    bench = run(make_service(ipFamilies=["IPv4", "IPv6"]), make_pod("a", "10.1.0.1", "fd00::1"))
    bench.put(make_service())

    assert bench.run() == [("delete", 200)]
    assert [wire["addressType"] for wire in bench.slices] == ["IPv4"]


def test_a_service_that_is_gone_or_goes_gets_no_new_slices():
    """Its slices are the garbage collector's."""
    going = {"deletionTimestamp": "2000-01-01T00:00:00Z", "finalizers": ["example.com/wait"]}

    assert run(make_service(metadata=going), make_pod()).writes == []
    assert run(make_pod()).writes == []


def test_a_slice_that_somebody_changed_or_deleted_is_put_right():
    """Its endpoints are those of the pods, whatever others write."""
    bench = run(make_service(), make_pod())
    bench.put(attrs.evolve(bench.first, endpoints=()))

    assert bench.run() == [("update", 200)]
    assert bench.sizes == [1]
    bench.remove(key_of(bench.first))
    assert bench.run() == [("create", 201)]
    assert bench.sizes == [1]


def test_slices_that_others_manage_are_left_alone():
    """A slice with another managed-by is no concern of the controller."""
    other = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "mine", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.9.9.9"]}],
    }
    bench = run(make_service(), from_wire(other))

    assert (bench.first.metadata.name, len(bench.first.endpoints)) == ("mine", 1)
    assert bench.writes == [("create", 201)]


# Packing


def test_a_slice_holds_at_most_a_hundred():
    """250 pods make three slices."""
    bench = run(make_service(), *many(250))

    assert bench.sizes == [50, 100, 100]
    assert len(bench.endpoints) == 250


def test_new_endpoints_go_where_they_fill_a_slice_up_best():
    """Of slices with 40 and 90, ten more go to that with 90; no other slice is written."""
    bench = run(make_service(), *many(100))
    bench.put(*many(40, first=100))
    bench.run()
    bench.remove(*(key_of(pod) for pod in many(10)))
    bench.run()
    assert bench.sizes == [40, 90]
    bench.put(*many(10, first=200))

    assert bench.run() == [("update", 200)]
    assert bench.sizes == [40, 100]


def test_new_endpoints_go_first_into_slices_that_are_written_anyway():
    """A pod that replaces another takes its place."""
    bench = run(make_service(), *many(150))
    bench.remove(key_of(many(1)[0]))
    bench.put(*many(1, first=200))

    assert bench.run() == [("update", 200)]
    assert bench.sizes == [50, 100]


def test_slices_are_not_joined_but_an_empty_one_goes():
    """Two half full slices stay two."""
    bench = run(make_service(), *many(150))
    bench.remove(*(key_of(pod) for pod in many(60)))
    assert bench.run() == [("update", 200)]
    assert bench.sizes == [40, 50]
    bench.remove(*(key_of(pod) for pod in many(40, first=60)))

    assert bench.run() == [("delete", 200)]
    assert bench.sizes == [50]


# What goes wrong


def test_a_pod_on_a_node_that_is_not_there_waits_for_it():
    """The others are written; the Service is looked at again, each time after twice as long."""
    bench = run(make_service(), make_pod(), make_pod("b", "10.1.0.2", node="gone"))

    assert list(bench.endpoints) == ["a"]
    first = bench.wait(WEB)
    assert [bench.wait(WEB), bench.wait(WEB)] == [2 * first, 4 * first]
    assert "skipping Pod b for Service default/web: Node gone Not Found" in str(bench.notes[0])
    bench.put(make_node("gone"))
    bench.turn(WEB)
    assert sorted(bench.endpoints) == ["a", "b"]


def test_after_fifteen_retries_an_error_is_let_be():
    """The sixteenth failure in a row asks for no other turn."""
    bench = SliceBench(make_service(), make_pod(node="gone"))
    waits = []
    while bench.turn(WEB) or bench.wakes[WEB]:
        waits.append(bench.wakes[WEB] - bench.now)
        bench.now = bench.wakes[WEB]

    assert len(waits) == 15
    assert waits[:3] == [1000, 2000, 4000]
    assert max(waits) == 1_000_000


def test_a_pod_on_a_node_that_is_not_there_is_published_if_unready_ones_are():
    """The Service wants every address that there is."""
    bench = run(make_service(publishNotReadyAddresses=True), make_pod(node="gone"))

    assert list(bench.endpoints) == ["a"]
    assert bench.wakes[WEB] is None


def test_in_a_namespace_that_ends_nothing_is_tried_again():
    """Its refusal is as good as any other end."""
    bench = SliceBench(make_service(), make_pod())
    bench.put(make_namespace("Terminating", deletionTimestamp="2000-01-01T00:00:00Z"))

    assert bench.run() == [("create", 403)]
    assert bench.wakes[WEB] is None


def test_a_conflict_is_tried_again_after_a_second():
    """The slice was changed by another since the cache heard of it."""
    bench = run(make_service(), make_pod())
    bench.put(make_pod(ready=False))
    old = bench.store
    body = Json.of({**bench.slices[0], "endpoints": []})
    bench.ask(Request(verb=Verb.UPDATE, key=key_of(bench.first), body=body))

    bench.turn(WEB, view=old)
    assert bench.writes[-1] == ("update", 409)
    assert bench.wakes[WEB] == bench.now + 1000


def test_a_cache_that_has_not_heard_of_the_last_write_makes_no_second_one():
    """Without that, a late cache would make a slice twice."""
    bench = SliceBench(make_service(), make_pod())
    old = bench.store
    bench.turn(WEB)

    assert bench.turn(WEB, view=old) == 0
    assert bench.turn(WEB) == 0
    assert len(bench.slices) == 1
    assert bench.memory[WEB] is None


# Watches


@pytest.mark.parametrize(
    ("old", "new", "work"),
    [
        pytest.param(None, make_pod(), ["web"], id="a new pod"),
        pytest.param(make_pod(), None, ["web"], id="a pod that is gone"),
        pytest.param(make_pod(), make_pod(ready=False), ["web"], id="readiness"),
        pytest.param(make_pod(), make_pod("a", "10.1.0.9"), ["web"], id="another address"),
        pytest.param(make_pod(), make_pod(deleting=True), ["web"], id="a deletion"),
        pytest.param(make_pod(), make_pod(labels={"app": "db"}), ["web"], id="a label that is lost"),
        pytest.param(make_pod(labels={"app": "db"}), make_pod(), ["web"], id="a label that is won"),
        pytest.param(make_pod(), make_pod(labels={**SELECTED, "x": "y"}), [], id="not a label that matters to nobody"),
        pytest.param(make_pod(), make_pod(phase="Pending"), [], id="not the phase alone, as upstream"),
        pytest.param(make_pod(labels={"app": "db"}), None, [], id="not a pod that nobody selects"),
    ],
)
def test_changes_of_pods_that_matter_to_endpoints_make_work(old, new, work):
    """The Services are those that select the pod, or did."""
    bench = run(make_service(), *filter(None, [old]))
    if new is None:
        bench.remove(key_of(old))
    else:
        bench.put(new)

    assert [key.name for key in bench.queue] == work


def test_a_slice_that_changes_its_service_makes_work_for_both():
    """The label says whose it is."""
    bench = run(make_service(), make_pod())
    found = bench.first
    labels = found.metadata.labels.set("kubernetes.io/service-name", "other")
    bench.put(attrs.evolve(found, metadata=attrs.evolve(found.metadata, labels=labels)))

    assert [key.name for key in bench.queue] == ["other", "web"]
