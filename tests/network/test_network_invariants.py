"""The invariants of requests: laws that hold through faults, questions that faults answer with no, and what tells."""

from __future__ import annotations

import pytest
from network_models import MODEL, NODES, applied, booted, pod, policy, service, target, then, web, wire

from kcore.api.object import ObjectKey
from kcore.client.component import ComponentKey
from kcore.faults.container_crash import ContainerCrash
from kcore.faults.dns_down import DnsStopped
from kcore.faults.kube_proxy_stale import KubeProxyStalled
from kcore.faults.machine_lost import MachineLost
from kcore.faults.network_partition import NetworkPartitioned
from kcore.faults.node_cut_off import NodeCutOff
from kcore.faults.readiness_lost import ReadinessLost
from kcore.invariants.table import INVARIANTS
from kcore.model import advance
from kcore.users.delete import Delete

LAWS = (
    "ready-endpoints-are-sent-to",
    "only-ready-pods-are-sent-to",
    "closed-pods-are-not-reached",
    "policies-are-not-bypassed",
)
QUESTIONS = ("services-answer-where-allowed", "no-address-of-the-past-is-tried", "names-are-resolved")
CLOSED = policy("closed", "web", policyTypes=["Ingress"])


def holds(name, state):
    """What an invariant says of a state."""
    return INVARIANTS[name].property.holds(state)


def cluster():
    """A Service, one that nobody may reach, one for pods on the node itself and one of pods that never get ready."""
    dark = wire("Pod", "dark", labels={"app": "dark"}, spec=pod("dark", "n1", app="dark")["spec"])
    kept = policy("kept", "dark", policyTypes=["Ingress"])
    near = service("near", internalTrafficPolicy="Local", selector={"app": "web"})
    early = service("early", publishNotReadyAddresses=True, selector={"app": "web"})
    return web(dark, kept, near, early, service("dark"))


EVENTS = {
    "nothing": [],
    "a machine is lost": [MachineLost("n1")],
    "a node is cut off": [NodeCutOff("n1")],
    "a pod is deleted": [Delete(target=target("Pod", "web-1"))],
    "a container crashes": [ContainerCrash(target("Pod", "web-1"))],
    "a pod is not ready": [ReadinessLost(target("Pod", "web-1"))],
    "no pod is ready": [ReadinessLost(target("Pod", "web-1")), ReadinessLost(target("Pod", "web-2"))],
    "machines do not reach each other": [NetworkPartitioned(("n3",))],
    "a table is stale": [KubeProxyStalled("n3"), Delete(target=target("Pod", "web-1"))],
    "no DNS server runs": [DnsStopped()],
}


def steps(state, until):
    """Every state on the way to a time."""
    while state.now <= until:
        yield state
        event = MODEL.next_move(state)
        if event is None:
            return
        state = MODEL.step(state, event).state


@pytest.mark.parametrize("events", [pytest.param(events, id=name) for name, events in EVENTS.items()])
def test_the_laws_hold_in_every_state_of_a_run(events):
    """Whatever breaks, at every moment of the next minute."""
    state = cluster()
    for event in events:
        state = then(state, event, settled=False)
    for moment in steps(state, state.now + 60_000):
        assert [(name, holds(name, moment)) for name in LAWS if holds(name, moment) is not True] == []


@pytest.mark.parametrize("name", [*LAWS, *QUESTIONS])
def test_what_is_asked_says_something(name):
    """In a cluster with a Service its witness is met, and the answer is yes, as in no other."""
    assert INVARIANTS[name].witness.met(cluster())
    assert INVARIANTS[name].witness.met(booted()) is (name == "names-are-resolved")
    assert holds(name, cluster()) is True


@pytest.mark.parametrize(
    ("name", "events", "why"),
    [
        pytest.param(
            "services-answer-where-allowed",
            ["machines do not reach each other"],
            "from n3: n3 does not reach n1",
            id="a node that reaches no other has no answer",
        ),
        pytest.param(
            "no-address-of-the-past-is-tried", ["a table is stale"], "any more", id="a stale table has old addresses"
        ),
        pytest.param("names-are-resolved", ["no DNS server runs"], "no DNS server", id="nobody resolves names"),
    ],
)
def test_faults_answer_questions_with_no(name, events, why):
    """And the culprits are named."""
    state = cluster()
    for event in [one for each in events for one in EVENTS[each]]:
        state = then(state, event)

    assert why in str(holds(name, state))


def test_a_policy_excuses_a_service_that_does_not_answer():
    """As does a node that is cut off itself."""
    assert holds("services-answer-where-allowed", applied(cluster(), CLOSED)) is True


def test_what_is_not_settled_is_not_judged():
    """The laws of routing wait until the EndpointSlice controller is through."""
    state = cluster().enqueue(ComponentKey("endpointslice-controller", "m1"), ObjectKey("Service", "default", "web"))

    assert holds("only-ready-pods-are-sent-to", state) is True


def test_a_machine_that_is_lost_is_not_asked_from():
    """Once its pods are known not to be ready, every other node gets an answer."""
    state = then(cluster(), MachineLost("n1"), settled=False)
    state = advance(MODEL, state, state.now + 90_000)

    assert len(NODES) == 3
    assert holds("services-answer-where-allowed", state) is True
