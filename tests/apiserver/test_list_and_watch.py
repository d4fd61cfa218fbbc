"""list and watch: selections, and what a watcher of one sees."""

from __future__ import annotations

import pytest

from kcore.apiserver.request import Verb


@pytest.fixture
def shop(server, config_map, pod):
    """The server with config maps in two namespaces and pods in two phases."""
    server.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    server.make(config_map("b", labels={"app": "web"}))
    server.make(config_map("a", labels={"app": "db"}))
    server.make(config_map("c", namespace="shop", labels={"app": "web"}))
    for name, node in (("p1", "n1"), ("p2", ""), ("p3", "n1")):
        server.make({**pod, "metadata": {"name": name}, "spec": {**pod["spec"], "nodeName": node}})
    server.merge("Pod", "p1", {"status": {"phase": "Running", "podIP": "10.0.0.1"}}, subresource="status")
    return server


def names(response):
    return [obj.metadata.name for obj in response.items]


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        pytest.param("ConfigMap", {}, ["a", "b"], id="one namespace"),
        pytest.param("ConfigMap", {"namespace": ""}, ["a", "b", "c"], id="all namespaces"),
        pytest.param("ConfigMap", {"namespace": "none"}, [], id="a namespace that is not there"),
        pytest.param("ConfigMap", {"namespace": "", "label_selector": "app=web"}, ["b", "c"], id="by label"),
        pytest.param("ConfigMap", {"label_selector": "app in (web,db),app!=db"}, ["b"], id="by two requirements"),
        pytest.param("ConfigMap", {"field_selector": "metadata.name=b"}, ["b"], id="by name"),
        pytest.param(
            "ConfigMap", {"namespace": "", "field_selector": "metadata.namespace!=shop"}, ["a", "b"], id="by place"
        ),
        pytest.param("Pod", {"field_selector": "spec.nodeName=n1"}, ["p1", "p3"], id="by node"),
        pytest.param("Pod", {"field_selector": "spec.nodeName="}, ["p2"], id="by no node"),
        pytest.param(
            "Pod", {"field_selector": "spec.nodeName=n1,status.phase=Running"}, ["p1"], id="by node and phase"
        ),
        pytest.param("Pod", {"field_selector": "status.phase!=Running"}, ["p2", "p3"], id="by another phase"),
        pytest.param("Pod", {"field_selector": "status.podIP=10.0.0.1"}, ["p1"], id="by address"),
        pytest.param("Node", {"field_selector": "spec.unschedulable=false"}, [], id="of cluster scope"),
        pytest.param("Namespace", {"field_selector": "metadata.name=shop"}, ["shop"], id="of cluster scope, by name"),
    ],
)
def test_a_list_has_what_is_selected(shop, kind, options, expected):
    """A list is sorted and complete."""
    response = shop.ask(Verb.LIST, kind, **options)

    assert names(response) == expected
    assert response.revision == shop.store.revision


def test_events_are_selected_by_what_they_are_about(server):
    """Of an event, the object, the reason, the type and who reports may be selected by."""
    event = {"apiVersion": "v1", "kind": "Event", "reason": "Killing", "type": "Normal", "source": {"component": "me"}}
    for name, about in (("a", {"kind": "Pod", "name": "p"}), ("b", {"kind": "Node", "name": "n", "uid": "u"})):
        server.make({**event, "metadata": {"name": name}, "involvedObject": about})
    selectors = {
        "involvedObject.kind=Pod,involvedObject.name=p": ["a"],
        "involvedObject.uid=u": ["b"],
        "involvedObject.apiVersion=": ["a", "b"],
        "reason=Killing,type!=Warning,source=me": ["a", "b"],
        "reportingComponent=me": [],
    }

    assert {one: names(server.ask(Verb.LIST, "Event", field_selector=one)) for one in selectors} == selectors


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"label_selector": "a in b"}, id="a label selector that is none"),
        pytest.param({"field_selector": "spec.color=red"}, id="a field that can't be selected by"),
        pytest.param({"field_selector": "metadata.name"}, id="a field selector that is none"),
    ],
)
def test_a_selector_that_makes_no_sense_is_refused(shop, options):
    """Bad selectors are a 400, of lists and of watches."""
    assert shop.ask(Verb.LIST, "Pod", **options).code == 400
    assert shop.ask(Verb.WATCH, "Pod", **options).code == 400
    assert shop.ask(Verb.DELETE_COLLECTION, "Pod", **options).code == 400


def test_a_watch_goes_on_from_a_revision(shop, config_map):
    """It has what has happened to the kind in the namespace since then, in order."""
    since = str(shop.store.revision)
    shop.make(config_map("d"))
    shop.merge("ConfigMap", "d", {"data": {"a": "b"}})
    shop.make(config_map("e", namespace="shop"))
    shop.delete("ConfigMap", "d")
    response = shop.ask(Verb.WATCH, "ConfigMap", resource_version=since)

    assert [(one.type.value, one.key.name) for one in response.changes] == [
        ("ADDED", "d"),
        ("MODIFIED", "d"),
        ("DELETED", "d"),
    ]
    assert shop.ask(Verb.WATCH, "ConfigMap", resource_version=str(response.revision)).changes == ()


def test_a_watcher_of_labels_sees_objects_come_and_go(shop):
    """Moving into the selection is an addition, moving out of it a deletion, moving within it a modification."""
    since = str(shop.store.revision)
    for labels in ({"app": "cache"}, {"app": "web", "x": "1"}, {"app": "web"}, {"app": None}):
        shop.merge("ConfigMap", "a", {"metadata": {"labels": {"x": None, **labels}}})
    response = shop.ask(Verb.WATCH, "ConfigMap", resource_version=since, label_selector="app=web")

    assert [one.type.value for one in response.changes] == ["ADDED", "MODIFIED", "DELETED"]


def test_a_watch_without_a_revision_begins_with_what_is_there(shop):
    """The objects that there are come as additions."""
    for since in ("", "0"):
        response = shop.ask(Verb.WATCH, "ConfigMap", resource_version=since)

        assert [(one.type.value, one.key.name) for one in response.changes] == [("ADDED", "a"), ("ADDED", "b")]


def test_a_watch_of_one_object(shop):
    """A name narrows the watch to that object."""
    since = str(shop.store.revision)
    shop.merge("ConfigMap", "a", {"data": {"x": "y"}})
    shop.merge("ConfigMap", "b", {"data": {"x": "y"}})
    response = shop.ask(Verb.WATCH, "ConfigMap", "b", resource_version=since)

    assert [one.key.name for one in response.changes] == ["b"]


def test_a_compacted_revision_is_gone(shop):
    """Who asks for what is forgotten has to list again: 410."""
    since = shop.store.revision
    shop.merge("ConfigMap", "a", {"data": {"x": "y"}})
    shop.store = shop.store.compact(shop.store.revision)
    response = shop.ask(Verb.WATCH, "ConfigMap", resource_version=str(since))

    assert (response.code, response.reason) == (410, "Expired")
    assert response.status.message == f"too old resource version: {since} ({shop.store.revision})"
