"""Admission plugins and the allocation of addresses and ports: what the server adds to what it is sent."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.convert import to_wire
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.config import ApiServerConfig
from kcore.apiserver.request import Verb
from kcore.errors import MisuseError


def service(name, **spec):
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": 80}], **spec},
    }


def priority_class(name, value, **fields):
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
        **fields,
    }


# admission


def test_a_pod_tolerates_a_bad_node_for_a_while(server, pod):
    """Two tolerations are added, unless the pod has its own for the same taint."""
    own = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
    pod["spec"]["tolerations"] = [own]
    tolerations = server.make(pod).spec.tolerations

    assert [(one.key.rpartition("/")[2], one.toleration_seconds) for one in tolerations] == [
        ("not-ready", 5),
        ("unreachable", 300),
    ]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param({"priorityClassName": "high"}, ("high", 100, "Never"), id="by name"),
        pytest.param({}, ("usual", 10, "PreemptLowerPriority"), id="by default"),
    ],
)
def test_a_priority_class_becomes_a_number(server, pod, wanted, expected):
    """Value and preemption policy are those of the class, which is the default one if none is named."""
    server.make(priority_class("high", 100, preemptionPolicy="Never"))
    server.make(priority_class("usual", 10, globalDefault=True))
    server.make(priority_class("usual-too", 20, globalDefault=True))
    pod["spec"] |= wanted
    spec = server.make(pod).spec

    assert (spec.priority_class_name, spec.priority, spec.preemption_policy) == expected


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"priorityClassName": "none"}, id="a class that is not there"),
        pytest.param({"priority": 7}, id="another number than the class's"),
        pytest.param({"preemptionPolicy": "Never"}, id="another policy than the class's"),
    ],
)
def test_a_priority_that_is_not_the_classs_is_forbidden(server, pod, wanted):
    """Nobody sets a priority but by its class."""
    pod["spec"] |= wanted

    assert server.create(pod).code == 403


def test_a_new_node_takes_no_pods_yet(server):
    """A node is created with the taint that it is not ready."""
    node = server.make({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})

    assert [(taint.key, taint.effect) for taint in node.spec.taints] == [("node.kubernetes.io/not-ready", "NoSchedule")]


def test_a_claim_is_protected_and_gets_the_default_class(server):
    """A claim without a class gets the newest default one, and stays as long as it is used."""
    for name in ("old", "new"):
        annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
        server.make(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": name, "annotations": annotations},
                "provisioner": "x.io/y",
            }
        )
        server.now += 1000
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    made = to_wire(server.make(claim))

    assert made["spec"]["storageClassName"] == "new"
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]


def test_a_pod_created_on_a_node_has_the_labels_of_the_place(server, pod):
    """A pod that is created with a node name gets zone and region at once."""
    labels = {"topology.kubernetes.io/zone": "z"}
    server.make({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": labels}})
    pod["spec"]["nodeName"] = "n1"

    assert server.make(pod).metadata.labels == {"app": "web", **labels}


def test_plugins_can_be_left_out(server, pod, config_map):
    """What is not named does not act; a name that is none is a mistake."""
    server.config = ApiServerConfig(admission_plugins=("TaintNodesByCondition",))

    assert server.make(pod).spec.tolerations == ()
    assert server.create(config_map(namespace="nowhere")).code == 201

    server.config = ApiServerConfig(admission_plugins=("Magic",))
    with pytest.raises(MisuseError, match="unknown admission plugin 'Magic'"):
        server.create(pod)


# allocation


def test_every_service_has_an_address_of_its_own(server):
    """Cluster IPs are of the range, and different."""
    found = [server.make(service(f"s{number}")).spec.cluster_ip for number in range(300)]

    assert len(set(found)) == 300
    assert all(ip.startswith(("10.96.", "10.97.")) for ip in found)


def test_an_address_is_free_again_when_its_service_is_gone(server):
    """What a deleted Service had, another may ask for."""
    first = server.make(service("a", clusterIP="10.96.0.77"))

    assert first.spec.cluster_ip == "10.96.0.77"
    assert server.create(service("b", clusterIP="10.96.0.77")).code == 422

    server.delete("Service", "a")

    assert server.create(service("b", clusterIP="10.96.0.77")).code == 201


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"clusterIP": "10.96.0.1"}, "already allocated", id="an address that is taken"),
        pytest.param({"clusterIP": "192.168.0.1"}, "not in the valid range", id="an address outside the range"),
        pytest.param(
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 80}]}, "not in the valid range", id="a port outside"
        ),
    ],
)
def test_what_can_not_be_allocated_is_invalid(server, spec, words):
    """A Service that wants what it can't have is a 422."""
    response = server.create(service("s", **spec))

    assert response.code == 422
    assert words in response.status.message


def test_headless_services_have_no_address(server):
    """None is not an address, so any number of Services may have it."""
    assert server.make(service("a", clusterIP="None")).spec.cluster_ip == "None"
    assert server.make(service("b", clusterIP="None")).spec.cluster_ip == "None"


def test_node_ports_are_different_and_can_be_asked_for(server):
    """Each port of a NodePort Service gets a port of the range; two Services never share one."""
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    made = [server.make(service(f"s{number}", type="NodePort", ports=ports)) for number in range(20)]
    found = [port.node_port for one in made for port in one.spec.ports]
    taken = {"type": "NodePort", "ports": [{"port": 80, "nodePort": found[0]}]}

    assert len(set(found)) == 40
    assert all(30000 <= port <= 32767 for port in found)
    assert "already allocated" in server.create(service("t", **taken)).status.message


def test_one_service_may_share_a_node_port_between_protocols(server):
    """TCP and UDP of one Service may have the same node port."""
    ports = [
        {"name": "t", "port": 53, "protocol": "TCP", "nodePort": 30053},
        {"name": "u", "port": 53, "protocol": "UDP", "nodePort": 30053},
    ]

    assert server.create(service("dns", type="NodePort", ports=ports)).code == 201


def test_an_update_keeps_what_was_allocated(server):
    """A Service that is written without its address keeps it; one that becomes a NodePort gets ports, too."""
    made = server.make(service("s"))
    bare = service("s", type="NodePort")
    found = server.ask(Verb.UPDATE, "Service", "s", body=bare).object

    assert found.spec.cluster_ip == made.spec.cluster_ip
    assert found.spec.ports[0].node_port >= 30000


def test_a_full_range_has_nothing_left(server):
    """When all addresses are taken the next Service is refused."""
    server.store = bootstrap(server.now, ApiServerConfig(service_cluster_ip_range="10.0.0.0/29"))
    server.config = ApiServerConfig(service_cluster_ip_range="10.0.0.0/29")
    codes = [server.create(service(f"s{number}")).code for number in range(6)]

    assert codes[:5] == [201] * 5
    assert codes[5] >= 400


def test_allocation_is_the_same_in_every_run(server):
    """The same requests get the same addresses."""
    first = [server.make(service(f"s{number}")).spec.cluster_ip for number in range(5)]
    server.store = bootstrap(server.now)
    again = [server.make(service(f"s{number}")).spec.cluster_ip for number in range(5)]

    assert first == again


# bootstrap


def test_a_new_cluster_has_its_namespaces_and_its_own_service(server):
    """The first address belongs to the API server, and the system's priority classes are there."""
    assert [one.metadata.name for one in server.ask(Verb.LIST, "Namespace").items] == [
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
    ]
    assert server.get("Service", "kubernetes").spec.cluster_ip == "10.96.0.1"
    assert len(server.ask(Verb.LIST, "PriorityClass").items) == 2


def test_a_configuration_that_makes_no_cluster_is_a_mistake():
    """A range without a first address can't be started with."""
    config = attrs.evolve(ApiServerConfig(), admission_plugins=("Magic",))
    with pytest.raises(MisuseError):
        bootstrap(0, config)
