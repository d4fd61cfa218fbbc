"""Ranking: which pods go first when there are too many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.times import Time, format_time
from kcore.reconcile.ranking import DELETION_COST, deletion_cost, ranked

NOW = 946_684_800


def pod(name="p", *, node="n1", phase="Running", ready=None, created=1000, cost=None, restarts=0, sidecar=None):
    """Return a pod; `ready` and `created` are seconds ago, `sidecar` the restarts of one that is."""
    since = None if ready is None else format_time(Time(NOW - ready))
    wire = {
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": f"uid-{name}",
            "creationTimestamp": None if created is None else format_time(Time(NOW - created)),
            "annotations": {} if cost is None else {DELETION_COST: cost},
        },
        "spec": {
            "nodeName": node,
            "initContainers": [{"name": "s", "restartPolicy": "Always"}, {"name": "i"}],
            "containers": [{"name": "c"}],
        },
        "status": {
            "phase": phase,
            "conditions": [] if ready is None else [{"type": "Ready", "status": "True", "lastTransitionTime": since}],
            "containerStatuses": [{"name": "c", "restartCount": restarts}],
            "initContainerStatuses": [
                {"name": "s", "restartCount": sidecar or 0},
                {"name": "i", "restartCount": 99},
            ],
        },
    }
    return structure(Pod, wire)


def order(*pods, related=()):
    return [one.metadata.name for one in ranked(pods, related, NOW * 1000)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"node": ""}, {"phase": "Pending"}, id="one without a node before one with"),
        pytest.param({"phase": "Pending", "cost": "9"}, {"phase": "Unknown"}, id="a pending one before an unknown one"),
        pytest.param({"phase": "Unknown", "ready": 9}, {"cost": "-9"}, id="an unknown one before a running one"),
        pytest.param({"cost": "9"}, {"ready": 9}, id="one that is not ready before one that is"),
        pytest.param({"cost": "-1", "ready": 90}, {"ready": 9}, id="a cheaper one before a dearer one"),
        pytest.param({"ready": 9, "restarts": 0}, {"ready": 90, "restarts": 9}, id="the one that became ready later"),
        pytest.param({"restarts": 2, "created": 9000}, {"restarts": 1, "sidecar": 9}, id="the one with more restarts"),
        pytest.param({"sidecar": 2, "created": 9000}, {"sidecar": 1}, id="then the one with more of its sidecar"),
        pytest.param({"created": 10}, {"created": 1000}, id="the younger one"),
        pytest.param({"created": None}, {"created": 10}, id="one without a time before one with"),
    ],
)
def test_what_comes_first_decides(first, second):
    """Each rule counts where those before it are even, whatever the later ones say."""
    assert order(pod("a", **first), pod("b", **second)) == ["a", "b"]
    assert order(pod("b", **second), pod("a", **first)) == ["a", "b"]


def test_the_pod_with_more_related_pods_on_its_node_goes_first():
    """Active pods of related ReplicaSets count, ended ones don't."""
    pods = [pod("a", node="n1", ready=9), pod("b", node="n2", ready=9)]
    related = [*pods, pod("x", node="n2"), pod("y", node="n1", phase="Failed"), pod("z", node="n1", phase="Succeeded")]

    assert order(*pods, related=related) == ["b", "a"]
    assert order(*pods, related=[]) == ["a", "b"]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        pytest.param((1000, 1001), ["a", "b"], id="in one bucket the uid decides"),
        pytest.param((1001, 1000), ["a", "b"], id="whichever is younger"),
        pytest.param((1000, 1100), ["a", "b"], id="the younger goes first across buckets"),
        pytest.param((1100, 1000), ["b", "a"], id="from either side"),
        pytest.param((-5, 1), ["a", "b"], id="a time yet to come is younger than any"),
    ],
)
def test_ages_are_compared_by_their_logarithm(ages, expected):
    """Buckets double, in nanoseconds: one ends between 1001 and 1100 seconds."""
    pods = [pod(name, created=age) for name, age in zip("ab", ages, strict=True)]

    assert order(*pods) == expected


def test_how_long_a_pod_has_been_ready_is_compared_by_its_logarithm_too():
    """Restarts don't count where the times differ, even in one bucket."""
    assert order(pod("b", ready=1001, restarts=9), pod("a", ready=1000)) == ["a", "b"]
    assert order(pod("b", ready=1000, restarts=9), pod("a", ready=1000)) == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        pytest.param("10", 10, id="an integer"),
        pytest.param("-5", -5, id="a negative one"),
        pytest.param("-05", -5, id="a negative one may begin with zero"),
        pytest.param("0", 0, id="zero"),
        pytest.param("2147483647", 2147483647, id="the largest of 32 bits"),
        pytest.param("2147483648", 0, id="one that is too large counts as none"),
        pytest.param("-2147483648", -2147483648, id="the smallest of 32 bits"),
        pytest.param("010", 0, id="a leading zero is none"),
        pytest.param("+1", 0, id="nor is a plus"),
        pytest.param("1.5", 0, id="nor a fraction"),
        pytest.param("-", 0, id="nor a sign alone"),
        pytest.param(" 1", 0, id="nor a blank"),
        pytest.param("1_0", 0, id="nor an underscore"),
        pytest.param("", 0, id="nor nothing"),
    ],
)
def test_the_deletion_cost_is_an_integer_of_32_bits(text, cost):
    """Anything else counts as 0."""
    assert deletion_cost(pod(cost=text)) == cost
    assert deletion_cost(pod()) == 0


facts = st.fixed_dictionaries(
    {
        "node": st.sampled_from(["", "n1", "n2"]),
        "phase": st.sampled_from(["Pending", "Unknown", "Running"]),
        "ready": st.sampled_from([None, 10, 1000, 100_000]),
        "created": st.sampled_from([None, 10, 1000, 100_000]),
        "cost": st.sampled_from([None, "-1", "5"]),
        "restarts": st.integers(0, 2),
    }
)


def first_rules(one, pods):
    """Return what the rules up to the pods on a node say; they are orders in which nothing runs in a circle."""
    on_node = sum(other.spec.node_name == one.spec.node_name for other in pods)
    phase = ["Pending", "Unknown", "Running"].index(one.status.phase)
    return (bool(one.spec.node_name), phase, bool(one.status.conditions), deletion_cost(one), -on_node)


@given(st.lists(facts, min_size=2, max_size=7), st.randoms(use_true_random=False))
def test_the_first_five_rules_hold_whatever_the_order_of_the_pods(drawn, random):
    """Nobody is lost, and no pod comes before one that these rules put before it."""
    pods = [pod(f"p{at}", **one) for at, one in enumerate(drawn)]
    shuffled = random.sample(pods, len(pods))

    found = ranked(shuffled, pods, NOW * 1000)

    assert sorted(one.metadata.name for one in found) == [one.metadata.name for one in pods]
    assert [first_rules(one, pods) for one in found] == sorted(first_rules(one, pods) for one in pods)
