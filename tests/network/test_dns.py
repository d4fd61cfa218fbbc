"""Cluster DNS: what a name means, and which names a pod tries."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.network.dns import Target, lookup, resolve, searched


def service(name="web", **spec):
    given = {"clusterIP": "10.96.0.7", "ports": [{"name": "http", "port": 80}], **spec}
    return from_wire(
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"}, "spec": given}
    )


def slice_of(service="db", *endpoints):
    return from_wire(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{service}-abc",
                "namespace": "shop",
                "labels": {"kubernetes.io/service-name": service},
            },
            "addressType": "IPv4",
            "endpoints": list(endpoints),
            "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}],
        }
    )


def endpoint(address, hostname=None, *, ready=True):
    found = {"addresses": [address], "conditions": {"ready": ready}}
    return {**found, "hostname": hostname} if hostname else found


def headless(*endpoints, **spec):
    """A headless Service db in the namespace shop, and its endpoints."""
    return View(Store.of([service("db", clusterIP="None", **spec), slice_of("db", *endpoints)]), 0)


MEMBERS = (endpoint("10.0.0.1", "db-0"), endpoint("10.0.0.2", "db-1", ready=False))


def test_a_service_is_its_address():
    """The name of a Service stands for its cluster IP, whatever the case of its letters, until it may be asked anew."""
    answer = resolve(View(Store.of([service()]), 0), "Web.shop.svc.cluster.local.")

    assert (answer.addresses, answer.ttl, answer.refusal) == (("10.96.0.7",), 30, "")


def test_a_headless_service_is_its_ready_endpoints():
    """There is one record an endpoint, and none for those that are not ready unless the Service publishes them."""
    name = "db.shop.svc.cluster.local"

    assert resolve(headless(*MEMBERS), name).addresses == ("10.0.0.1",)
    assert resolve(headless(*MEMBERS, publishNotReadyAddresses=True), name).addresses == ("10.0.0.1", "10.0.0.2")
    assert resolve(headless(), name).refusal == "NXDOMAIN"


@pytest.mark.parametrize(
    ("name", "addresses"),
    [
        pytest.param("db-0.db.shop.svc.cluster.local", ("10.0.0.1",), id="by hostname"),
        pytest.param("10-0-0-1.db.shop.svc.cluster.local", ("10.0.0.1",), id="by address"),
        pytest.param("db-1.db.shop.svc.cluster.local", (), id="not ready"),
        pytest.param("db-7.db.shop.svc.cluster.local", (), id="not there"),
        pytest.param("a.db-0.db.shop.svc.cluster.local", (), id="too long"),
    ],
)
def test_a_member_of_a_headless_service_has_a_name(name, addresses):
    """A StatefulSet's pod is found under its own name, as long as it is ready."""
    assert resolve(headless(*MEMBERS), name).addresses == addresses


def test_an_external_name_is_another_name():
    """The answer is what to ask for instead."""
    found = resolve(View(Store.of([service(type="ExternalName", externalName="db.example.com")]), 0), WEB)

    assert (found.canonical, found.addresses) == ("db.example.com", ())


WEB = "web.shop.svc.cluster.local"


def test_a_named_port_has_srv_records():
    """One for a cluster IP; for a headless Service one for each ready member, with the port behind it."""
    one = resolve(View(Store.of([service()]), 0), f"_http._tcp.{WEB}")
    each = resolve(headless(*MEMBERS), "_sql._tcp.db.shop.svc.cluster.local")

    assert one.targets == (Target(port=80, name=WEB),)
    assert each.targets == (Target(port=5432, name="db-0.db.shop.svc.cluster.local"),)
    assert resolve(headless(*MEMBERS), "_sql._udp.db.shop.svc.cluster.local").refusal == "NXDOMAIN"


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        pytest.param("web.other.svc.cluster.local", "NXDOMAIN", id="another namespace"),
        pytest.param("web.shop.cluster.local", "NXDOMAIN", id="no such form"),
        pytest.param("example.com", "not a name of this cluster", id="outside"),
        pytest.param("x.shop.pod.cluster.local", "NXDOMAIN", id="no address"),
    ],
)
def test_a_name_that_means_nothing_is_refused(name, refusal):
    """The cluster's server says that there is no such name, or that it is not its own."""
    assert resolve(View(Store.of([service()]), 0), name).refusal == refusal


def test_a_pods_name_spells_its_address():
    """Dashes stand for dots, whether or not there is such a pod."""
    assert resolve(View(Store(), 0), "10-0-0-9.shop.pod.cluster.local").addresses == ("10.0.0.9",)


@pytest.mark.parametrize(
    ("name", "namespace", "found"),
    [
        pytest.param("web", "shop", True, id="in its own namespace"),
        pytest.param("web", "other", False, id="from another namespace"),
        pytest.param("web.shop", "other", True, id="with the namespace"),
        pytest.param("web.shop.svc", "other", True, id="with svc"),
        pytest.param("web.shop.svc.cluster.local.", "other", True, id="in full"),
    ],
)
def test_a_pod_looks_along_its_search_path(name, namespace, found):
    """Short names are meant in the pod's own namespace."""
    assert bool(lookup(View(Store.of([service()]), 0), name, namespace).addresses) is found


def test_a_name_with_many_dots_is_tried_as_it_is_first():
    """Five dots make a name look complete; one at the end makes it so."""
    assert searched("a.b.c.d.e.f", "ns")[0] == "a.b.c.d.e.f"
    assert searched("a.b", "ns")[-1] == "a.b"
    assert searched("a.b.", "ns") == ("a.b",)
