"""Paths: who gets a request and why, from its name to the process that listens, or why nobody does."""

from __future__ import annotations

import attrs
import pytest
from network_models import MODEL, OUTSIDE, applied, asked, names, pod, policy, service, target, then, web, wire

from kcore.api.object import ObjectKey
from kcore.cluster.network import network_of
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.dns_down import DnsStarted, DnsStopped
from kcore.faults.kube_proxy_stale import KubeProxyRefreshed, KubeProxyStalled
from kcore.faults.machine_lost import MachineLost
from kcore.faults.network_partition import NetworkMended, NetworkPartitioned
from kcore.machine import Refusal
from kcore.network.path import Client, path, path_by_ingress, path_from_outside
from kcore.users.delete import Delete

HEADLESS = service(clusterIP="None")
SAME_ZONE = service(trafficDistribution="PreferSameZone")
LOCAL = service(internalTrafficPolicy="Local")
CLOSED = policy("closed", "web", policyTypes=["Ingress"])
SILENT = policy("silent", "client", policyTypes=["Egress"], egress=[{"ports": [{"port": 8080}]}])
DNS_TOO = policy(
    "dns",
    "client",
    policyTypes=["Egress"],
    egress=[{"to": [{"namespaceSelector": {}}], "ports": [{"port": 53, "protocol": "UDP"}]}],
)


def test_a_request_for_a_name_gets_to_every_ready_pod():
    """The name is that of the Service in full; the named target port is the one that the pods declare."""
    found = asked(web())

    assert names(found) == ["web-1", "web-2"]
    assert found.name == "web.default.svc.cluster.local"
    assert {one.backend.port for one in found.arrivals} == {8080}
    assert found.why_not == ""


def test_a_headless_name_leads_to_the_pods_at_the_port_that_is_asked_for():
    """Nobody translates the port."""
    state = web(svc=HEADLESS)

    assert len(asked(state, port=8080).answered) == 2
    assert "listens at 80" in asked(state, port=80).why_not


@pytest.mark.parametrize(
    ("node", "pods"),
    [
        pytest.param("n1", ["web-1"], id="a client in the zone of a pod stays in it"),
        pytest.param("n3", ["web-1", "web-2"], id="a client in a zone without pods goes anywhere"),
    ],
)
def test_close_traffic_stays_in_its_zone(node, pods):
    """As the hints of the endpoints say."""
    assert names(asked(web(svc=SAME_ZONE), node=node)) == pods


def test_the_internal_policy_local_keeps_a_request_on_its_node():
    """And nobody answers on a node without pods."""
    state = web(svc=LOCAL)

    assert names(asked(state, node="n2")) == ["web-2"]
    assert "no endpoints on n3" in asked(state).why_not


def test_without_dns_nobody_finds_a_name_but_addresses_work():
    """A fault that is mended changes nothing else."""
    state = web()
    address = state.store.get(ObjectKey("Service", "default", "web")).spec.cluster_ip
    down = then(state, DnsStopped())

    assert asked(down).why_not == "no DNS server answers"
    assert len(asked(down, address).answered) == 2
    assert isinstance(MODEL.step(down, DnsStopped()), Refusal)
    assert len(asked(then(down, DnsStarted())).answered) == 2


def test_a_stale_table_sends_to_addresses_of_the_past():
    """On that node alone, until its kube-proxy hears again."""
    state = then(then(web(), KubeProxyStalled("n3")), Delete(target=target("Pod", "web-1")))

    assert "any more" in asked(state).why_not
    assert names(asked(state)) == ["web-2"]
    assert asked(state, node="n2").why_not == ""
    assert asked(then(state, KubeProxyRefreshed("n3"))).why_not == ""


def test_machines_that_do_not_reach_each_other_lose_requests():
    """Everybody is ready all the same, and reaches the others."""
    state = then(web(), NetworkPartitioned(("n3",), ("n1",)))

    assert asked(state).why_not == "n3 does not reach n1"
    assert names(asked(state)) == ["web-2"]
    assert asked(state, node="n2").why_not == ""
    assert asked(then(state, NetworkMended())).why_not == ""


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(NetworkPartitioned(("n9",)), id="there is no such machine"),
        pytest.param(NetworkPartitioned(("n1",), ("n1", "n2")), id="a machine is on both sides"),
        pytest.param(NetworkPartitioned(("n1", "n2", "n3")), id="there is no other side"),
        pytest.param(NetworkMended(), id="all reach each other"),
    ],
)
def test_a_partition_that_can_not_be_is_refused(event):
    """And changes nothing."""
    assert isinstance(MODEL.step(web(), event), Refusal)


def test_a_machine_that_is_off_answers_nobody():
    """Until the node is noticed to be gone, its pods are still sent to."""
    state = then(web(), MachineLost("n1"), settled=False)

    assert asked(state).why_not == "n1 is off"
    assert asked(state, node="n1").why_not == "n1 is off"


def test_a_container_that_does_not_run_answers_nobody():
    """At the moment of its crash it is still sent to."""
    state = then(web(), ContainerCrash(target("Pod", "web-1")), settled=False)

    assert "no container of Pod/web-1 runs" in asked(state).why_not


def test_a_port_that_no_container_declares_is_not_listened_at():
    """A wrong target port is a refusal that names pod and port."""
    assert "listens at 9999" in asked(web(svc=service(target=9999))).why_not


@pytest.mark.parametrize(
    ("policies", "why"),
    [
        pytest.param([CLOSED], "isolated by closed", id="the pods let nobody in"),
        pytest.param([SILENT], "the DNS server can't be asked", id="the client may not ask for names"),
        pytest.param([SILENT, DNS_TOO], "", id="the client may ask for names too"),
    ],
)
def test_policies_are_asked_at_both_ends_and_for_the_dns(policies, why):
    """A policy for the way out that forgets the DNS breaks every name."""
    found = asked(web(*policies))

    assert why in found.why_not
    assert bool(found.answered) is not bool(why)


def test_an_external_name_leaves_the_cluster():
    """As does an address that is not of the cluster."""
    state = applied(web(), wire("Service", "mail", {"type": "ExternalName", "externalName": "mail.example.com"}))

    assert asked(state, "mail").leaves == "mail.example.com"
    assert asked(state, "203.0.113.9").leaves == "203.0.113.9"


def test_a_name_that_means_nothing_is_refused():
    """With what the DNS says; one of the world outside is somebody else's."""
    assert "not a name of this cluster" in asked(web(), "nobody").why_not
    assert "NXDOMAIN" in asked(web(), "nobody.default.svc.cluster.local.").why_not
    assert asked(web(), "www.example.com").leaves == "www.example.com"


def test_a_pod_with_the_resolver_of_its_node_finds_no_names():
    """Nor does one in its node's network, unless it says so."""
    state = web(pod("other", "n1", app="other", dnsPolicy="Default"), pod("host", "n2", app="host", hostNetwork=True))
    for name in ("other", "host"):
        found = state.store.get(ObjectKey("Pod", "default", name))

        assert "outside the cluster" in path(network_of(state), Client.of(found), "web", 80).why_not


def test_an_ingress_leads_to_the_pods_of_its_service():
    """By its rules, and then by the table of the controller's node."""
    rule = {
        "host": "shop.example",
        "http": {
            "paths": [
                {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"name": "http"}}}},
                {"path": "/api", "pathType": "Prefix", "backend": {"service": {"name": "api", "port": {"number": 80}}}},
            ]
        },
    }
    state = web(wire("Ingress", "shop", {"rules": [rule]}, "networking.k8s.io/v1"))
    controller = Client(address="192.168.0.4", node="n3")

    def ask(host, where):
        return path_by_ingress(network_of(state), controller, host, where)

    assert names(ask("shop.example", "/")) == ["web-1", "web-2"]
    assert "which does not exist" in ask("shop.example", "/api/v1").why_not
    assert "no Ingress has" in ask("other.example", "/").why_not


def test_a_node_without_a_kube_proxy_routes_nothing():
    """And a cluster IP means nothing to anybody outside."""
    state = web()
    bare = attrs.evolve(network_of(state), tables={})
    address = state.store.get(ObjectKey("Service", "default", "web")).spec.cluster_ip

    assert "no kube-proxy" in path(bare, Client(node="n1"), address, 80).why_not
    assert (
        "is no address that is reached from outside"
        in path_from_outside(network_of(state), OUTSIDE, address, 80).why_not
    )
