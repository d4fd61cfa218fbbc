"""Wrong networks, and the invariants that catch each."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.faults.readiness_lost import ReadinessLost
from kcore.invariants import network
from kcore.invariants.table import INVARIANTS
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.network import dns, networkpolicy, path, route
from kcore.users.apply import Apply

MODEL = build_model()
KEY = ObjectKey("Pod", "default", "web-2")
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})


def wire(version, kind, name, spec, labels=None):
    metadata = {"name": name, "labels": labels or {}}
    return Json.of({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec})


def pod(name, node):
    container = {"name": "c", "image": "web:v1", "ports": [{"containerPort": 80}]}
    return wire("v1", "Pod", name, {"containers": [container], "nodeName": node}, {"app": name.split("-")[0]})


OBJECTS = (
    wire("v1", "Service", "web", {"selector": {"app": "web"}, "ports": [{"port": 80}]}),
    wire(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        "closed",
        {"podSelector": {"matchLabels": {"app": "dark"}}, "policyTypes": ["Ingress"]},
    ),
    pod("web-1", "n1"),
    pod("web-2", "n2"),
    pod("dark-1", "n1"),
)


def then(state, event):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state).state


def cluster():
    """A Service with a pod that is ready and one that is not, and a pod that nobody may reach."""
    state = boot(MODEL, Plan(nodes=[NodeSpec(name=name, capacity=ROOM) for name in ("n1", "n2")]))
    state = then(state, Apply(objects=OBJECTS))
    return then(state, ReadinessLost(Target(kind="Pod", namespace="default", name="web-2")))


def everybody(right):
    """A table that sends to endpoints whether they are ready or not."""

    def backends(view, service, port, node, policy):
        found = right(view, service, port, node, policy)
        unready = view.get(KEY)
        return (*found, *(attrs.evolve(one, address=unready.status.pod_ip, node="n2", pod=KEY) for one in found))

    return backends


def nobody(right):
    """A table that forgets the first endpoint."""
    return lambda *given: right(*given)[1:]


def open_to_all(right):
    """A network that enforces no policies."""
    return lambda *given: networkpolicy.ALLOWED


def elsewhere(right):
    """A DNS server that answers with another address."""
    return lambda *given: dns.Answer(name="web", addresses=("10.96.99.99",))


def at_home(right):
    """A backend at the address before."""
    return lambda *given: tuple(attrs.evolve(one, address="10.244.0.99") for one in right(*given))


MUTANTS = [
    pytest.param("only-ready-pods-are-sent-to", route, "backends", everybody, id="pods that are not ready are sent to"),
    pytest.param("ready-endpoints-are-sent-to", route, "backends", nobody, id="an endpoint is forgotten"),
    pytest.param("services-answer-where-allowed", route, "backends", nobody, id="nobody answers"),
    pytest.param("no-address-of-the-past-is-tried", route, "backends", at_home, id="addresses are mistaken"),
    pytest.param("closed-pods-are-not-reached", path, "allowed", open_to_all, id="policies are not enforced"),
    pytest.param("names-are-resolved", network, "resolve", elsewhere, id="names lead elsewhere"),
]


@pytest.mark.parametrize(("name", "module", "function", "wrong"), MUTANTS)
def test_a_wrong_network_is_caught(name, module, function, wrong, monkeypatch):
    """By the invariant, which holds in the right one and says something of it."""
    state = cluster()
    assert INVARIANTS[name].witness.met(state)
    assert INVARIANTS[name].property.holds(state) is True

    monkeypatch.setattr(module, function, wrong(getattr(module, function)))

    assert INVARIANTS[name].property.holds(attrs.evolve(state, world=attrs.evolve(state.world))) is not True
