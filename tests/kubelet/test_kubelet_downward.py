"""What containers are told of their own pod, variables in variables, and what a container calls itself."""

from __future__ import annotations

import pytest

from kcore.api.convert import from_wire
from kcore.api.core.env import ResourceFieldSelector
from kcore.api.quantity import Quantity
from kcore.kubelet.downward import Facts, expanded, field_value, resource_value
from kcore.kubelet.hostname import hostname_of

NODE = from_wire(
    {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi"},
            "addresses": [{"type": "InternalIP", "address": "192.168.0.2"}],
        },
    }
)


def field(name, path):
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def resource(name, what, **more):
    return {"name": name, "valueFrom": {"resourceFieldRef": {"resource": what, **more}}}


def literal(name, value):
    return {"name": name, "value": value}


# Variables in variables


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pytest.param("plain", "plain", id="nothing to replace"),
        pytest.param("$(A)-$(B)", "one-two", id="several variables"),
        pytest.param("$(C)", "$(C)", id="one that there is none of stays"),
        pytest.param("$$(A)", "$(A)", id="an escaped one"),
        pytest.param("$$$(A)", "$one", id="a dollar before one"),
        pytest.param("$A $(A", "$A $(A", id="what is no variable"),
        pytest.param("$$", "$", id="two dollars are one"),
    ],
)
def test_variables_are_replaced(text, result):
    """As Kubernetes writes them, and not as a shell does."""
    assert expanded(text, {"A": "one", "B": "two"}) == result


# Fields and resources


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "p"),
        ("metadata.namespace", "default"),
        ("metadata.uid", "u-p"),
        ("metadata.labels['app.kubernetes.io/name']", "web"),
        ("metadata.annotations['none']", ""),
        ("spec.nodeName", "n1"),
        ("spec.serviceAccountName", "builder"),
        ("status.hostIP", "192.168.0.2"),
        ("status.podIP", "10.244.0.9"),
        ("status.podIPs", "10.244.0.9"),
        ("spec.priority", ""),
    ],
)
def test_a_field_has_the_value_of_the_pod(pod, path, value):
    """One that there is not has none."""
    one = pod("p", "a", metadata={"labels": {"app.kubernetes.io/name": "web"}}, serviceAccountName="builder")

    assert field_value(path, Facts(one, "10.244.0.9", NODE)) == value


def test_in_the_network_of_the_node_the_address_is_that_of_the_node(pod):
    """The pod has none of its own."""
    assert field_value("status.podIP", Facts(pod("p", "a", hostNetwork=True), "", NODE)) == "192.168.0.2"


@pytest.mark.parametrize(
    ("what", "divisor", "value"),
    [
        pytest.param("requests.cpu", "0", "1", id="cores are rounded up"),
        pytest.param("requests.cpu", "1m", "250", id="millicores"),
        pytest.param("limits.cpu", "0", "4", id="a limit that is not there is what the node gives"),
        pytest.param("limits.memory", "0", "134217728", id="bytes"),
        pytest.param("limits.memory", "1Mi", "128", id="in units of the divisor"),
        pytest.param("limits.memory", "100Mi", "2", id="rounded up"),
        pytest.param("requests.memory", "0", "0", id="a request that is not there is none"),
    ],
)
def test_a_resource_is_told_in_its_unit(pod, what, divisor, value):
    """With upstream's rounding."""
    resources = {"requests": {"cpu": "250m"}, "limits": {"memory": "128Mi"}}
    one = pod("p", "a", containers=[{"name": "c0", "image": "a", "resources": resources}])
    ref = ResourceFieldSelector(resource=what, divisor=Quantity.parse(divisor))

    assert resource_value(ref, one.spec.containers[0], Facts(one, "", NODE)) == value


def test_the_resources_of_another_container_can_be_told(pod):
    """By its name."""
    other = {"name": "other", "image": "a", "resources": {"limits": {"memory": "1Gi"}}}
    one = pod("p", "a", containers=[{"name": "c0", "image": "a"}, other])
    ref = ResourceFieldSelector(container_name="other", resource="limits.memory")

    assert resource_value(ref, one.spec.containers[0], Facts(one, "", NODE)) == str(1 << 30)


# What a container runs with


def environment(bench, pod, *env, **container):
    """The environment of a container that was started with `env`."""
    bench.put(pod("p", containers=[{"name": "c0", "image": "app:v1", "env": list(env), **container}]))
    bench.run(1_000)
    (sandbox,) = bench.sandboxes()
    given = sandbox.containers[0].configuration
    return None if given is None else (dict(given.environment), given.command)


def test_a_container_is_told_the_address_of_its_pod(bench, pod):
    """It is started when the sandbox has one, and not before."""
    found, _ = environment(bench, pod, field("IP", "status.podIP"), field("NODE", "spec.nodeName"))

    assert found == {"IP": bench.status()["podIP"], "NODE": "n1"}
    assert bench.status()["phase"] == "Running"


def test_variables_stand_in_later_ones_and_in_the_command(bench, pod):
    """In earlier ones they do not."""
    env = (literal("EARLY", "$(NAME)"), field("NAME", "metadata.name"), literal("LATE", "$(NAME).example"))
    found, command = environment(bench, pod, *env, command=["run", "$(LATE)"], args=["--cpu=$(CPU)"])

    assert found == {"EARLY": "$(NAME)", "NAME": "p", "LATE": "p.example"}
    assert command == ("run", "p.example", "--cpu=$(CPU)")


def test_a_container_with_words_alone_has_nothing_to_be_told(bench, pod):
    """Nothing is kept of it."""
    assert environment(bench, pod, literal("A", "b"), command=["run"]) is None


def test_a_resource_is_in_the_environment(bench, pod):
    """In the default unit."""
    given = {"resources": {"limits": {"memory": "64Mi"}}}
    found, _ = environment(bench, pod, resource("LIMIT", "limits.memory"), **given)

    assert found == {"LIMIT": str(64 << 20)}


# Hostnames


@pytest.mark.parametrize(
    ("spec", "hostname"),
    [
        pytest.param({}, "p", id="the name of the pod"),
        pytest.param({"hostname": "web"}, "web", id="the one that is asked for"),
        pytest.param({"hostname": "web", "subdomain": "sub"}, "web", id="a subdomain alone changes nothing"),
        pytest.param(
            {"hostname": "web", "subdomain": "sub", "setHostnameAsFQDN": True},
            "web.sub.default.svc.cluster.local",
            id="the full name, where that is wanted",
        ),
        pytest.param({"hostNetwork": True}, "n1", id="that of the node"),
    ],
)
def test_what_a_container_calls_itself(pod, spec, hostname):
    """By the pod's spec."""
    assert hostname_of(pod("p", "a", **spec), "n1") == hostname


def test_a_long_name_is_cut():
    """At 63 letters, and not after a dash."""
    name = "a" * 62 + "-" + "b" * 10
    one = from_wire({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": []}})

    assert hostname_of(one, "n1") == "a" * 62


def test_the_sandbox_has_the_hostname(bench, pod):
    """As it was asked for."""
    bench.put(pod("p", "app:v1", hostname="web", subdomain="sub"))
    bench.run(1_000)

    assert bench.sandboxes()[0].hostname == "web"
