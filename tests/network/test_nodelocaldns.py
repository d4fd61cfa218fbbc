"""Answers that nodes keep: for a while everybody there gets them, whatever has changed; then the server is asked."""

from __future__ import annotations

import pytest
from network_models import NODES, asked, client, pod, policy, service, target, wire

from kcore.api.json import Json
from kcore.cluster.config import ClusterConfig
from kcore.cluster.network import network_of
from kcore.faults.dns_down import DnsStopped
from kcore.faults.machine_lost import MachineLost
from kcore.invariants.table import INVARIANTS
from kcore.machine import Refusal
from kcore.model import Plan, advance, boot, build_model, components_of, settle
from kcore.network.dns import NXDOMAIN, UNANSWERED
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.look_up import NameLookedUp

CONFIG = ClusterConfig(node_local_dns=True)
MODEL = build_model(components_of(CONFIG))
LAW, QUESTION = "answers-are-kept-for-a-while", "kept-answers-are-of-the-present"
FULL = "web.default.svc.cluster.local"


def then(state, event, *, settled=True):
    """The state after an event that has to be possible."""
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state).state if settled else step.state


def cluster(*objects):
    """A headless Service of two pods, and a client on each node."""
    state = settle(MODEL, boot(MODEL, Plan(nodes=NODES, config=CONFIG))).state
    clients = [pod(f"client-{one.name}", one.name, app="client") for one in NODES]
    made = [pod("web-1", "n1"), pod("web-2", "n2"), service(clusterIP="None"), *clients, *objects]
    return then(state, Apply(objects=tuple(map(Json.of, made))))


def looked_up(state, name="web", node="n3"):
    """The state after the client on a node asked for a name."""
    return then(state, NameLookedUp(target("Pod", f"client-{node}"), name), settled=False)


def later(state, seconds):
    """The state after some time."""
    return advance(MODEL, state, state.now + 1000 * seconds)


def answer(state, name=FULL, node="n3"):
    """What a full name means on a node."""
    return network_of(state).answer(node, name)


def replaced(state):
    """The state in which a pod went and another came in its place."""
    gone = then(state, Delete(target=target("Pod", "web-1"), grace_period_seconds=0), settled=False)
    return later(then(gone, Apply(objects=(Json.of(pod("web-3", "n1")),)), settled=False), 4)


def reached(state, node="n3"):
    """The pods that answer the client on a node."""
    network = network_of(state)
    found = asked(state, port=8080, node=node).answered
    return sorted(network.with_address(one.backend.address).pod.name for one in found)


def test_who_asked_before_is_sent_to_addresses_of_the_past():
    """Until 30 s are over; on other nodes, where nobody asked, the new pod is found."""
    state = replaced(looked_up(cluster()))

    assert reached(state) == ["web-2"]
    assert "any more" in asked(state, port=8080).why_not
    assert reached(state, "n2") == ["web-2", "web-3"]
    assert reached(later(state, 30)) == ["web-2", "web-3"]


def test_what_is_kept_is_forgotten_in_time():
    """An answer after 30 s, and that there is none after 5 s."""
    state = looked_up(looked_up(cluster()), "nobody.default.svc.cluster.local.")
    (memory,) = [one.memory for key, one in state.processes.items() if str(key) == "node-local-dns@n3"]
    assert sorted(key[-1] for key in memory) == [f"nobody.{FULL.removeprefix('web.')}", FULL]

    state = later(state, 6)
    assert [key[-1] for key in sorted(state.processes[("node-local-dns", "n3")].memory)] == [FULL]
    assert not later(state, 25).processes[("node-local-dns", "n3")].memory


def test_that_a_name_means_nothing_is_kept_too():
    """Who asks too early does not find a Service that came since, for 5 s."""
    state = looked_up(cluster(), "late")
    state = then(state, Apply(objects=(Json.of(service("late")),)), settled=False)
    late = "late.default.svc.cluster.local"

    assert answer(state, late).refusal == NXDOMAIN
    assert answer(state, late, "n2").addresses != ()
    assert answer(later(state, 6), late).addresses != ()


def test_what_is_kept_is_answered_without_a_server():
    """For as long as it is kept; other names are not found."""
    state = then(looked_up(cluster()), DnsStopped())

    assert len(answer(state).addresses) == 2
    assert answer(state, node="n2").refusal == UNANSWERED
    assert answer(later(state, 31)).refusal == UNANSWERED


def test_an_answer_that_is_used_is_not_kept_longer():
    """And one that is asked for again once it is forgotten is the new one."""
    state = looked_up(replaced(looked_up(cluster())))
    assert reached(state) == ["web-2"]
    state = looked_up(later(state, 30))

    assert reached(state) == ["web-2", "web-3"]


def test_a_machine_that_is_lost_has_forgotten():
    """Its process is gone, and its memory with it."""
    state = then(looked_up(cluster()), MachineLost("n3"), settled=False)

    assert INVARIANTS[LAW].witness.met(state) is False


def test_a_policy_that_keeps_a_pod_from_the_dns_keeps_it_from_the_cache():
    """It asks under the server's address, and what is kept for others is not kept for it."""
    silent = policy("silent", "client", policyTypes=["Egress"], egress=[{"ports": [{"port": 8080}]}])
    refusal = MODEL.step(cluster(silent), NameLookedUp(target("Pod", "client-n3"), "web"))
    late = then(looked_up(cluster()), Apply(objects=(Json.of(silent),)), settled=False)

    assert isinstance(refusal, Refusal)
    assert "isolated by silent" in str(refusal)
    assert "can't be asked" in asked(late, port=8080).why_not


def test_where_nothing_keeps_answers_nobody_can_rely_on_one():
    """The cluster as it comes has no such process; the refusal names the node."""
    model = build_model()
    state = settle(model, boot(model, Plan(nodes=NODES))).state
    step = model.step(state, Apply(objects=(Json.of(pod("client-n3", "n3")),)))
    refusal = model.step(settle(model, step.state).state, NameLookedUp(target("Pod", "client-n3"), "web"))

    assert isinstance(refusal, Refusal)
    assert "n3" in str(refusal)
    assert isinstance(MODEL.step(cluster(), NameLookedUp(target("Pod", "nobody"), "web")), Refusal)


@pytest.mark.parametrize("name", [LAW, QUESTION])
def test_the_invariants_say_something_once_somebody_asked(name):
    """And hold as long as nothing changes."""
    state = looked_up(cluster())

    assert INVARIANTS[name].witness.met(state)
    assert not INVARIANTS[name].witness.met(cluster())
    assert INVARIANTS[name].property.holds(state) is True


def test_a_replaced_pod_answers_the_question_with_no():
    """The law holds: it is no longer so after 30 s."""
    state = replaced(looked_up(cluster()))

    assert "still answered with" in str(INVARIANTS[QUESTION].property.holds(state))
    assert INVARIANTS[LAW].property.holds(state) is True
    assert INVARIANTS[QUESTION].property.holds(later(state, 30)) is True


def test_an_alias_is_kept_as_it_was():
    """The name outside is not the cluster's to keep."""
    mail = wire("Service", "mail", {"type": "ExternalName", "externalName": "mail.example.com"})
    state = looked_up(cluster(mail), "mail")
    state = then(state, Delete(target=target("Service", "mail")), settled=False)

    assert asked(state, "mail").leaves == "mail.example.com"
    assert client(state).node == "n3"
