"""Rolling updates of a DaemonSet: what one step deletes and creates, as tables and as laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.intstr import IntOrStringError
from kcore.controllers.daemonset.eligibility import NEITHER, Eligibility
from kcore.controllers.daemonset.manage import manage
from kcore.controllers.daemonset.situation import Situation, by_node, max_surge, max_unavailable
from kcore.controllers.daemonset.update import rolling_update

RUN = Eligibility(should_run=True, should_continue=True)
STAY = Eligibility(should_run=False, should_continue=True)
KINDS = ("old ready", "old", "new ready", "new", "old going")


def situation(nodes, unavailable=1, surge=0):
    """Return a situation with these `nodes`: eligibility by name."""
    rolling = {"maxUnavailable": unavailable, "maxSurge": surge}
    wire = {"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}}
    return Situation(
        daemon_set=structure(DaemonSet, wire),
        revision_hash="new",
        nodes=nodes,
        elapsed=lambda since, duration: True,
    )


def pod(node, kind, number=0):
    """Return a pod on `node`, such as an "old ready" one."""
    version, _, state = kind.partition(" ")
    metadata = {"name": f"{node}-{version}-{number}", "labels": {"controller-revision-hash": version}}
    if state == "going":
        metadata["deletionTimestamp"] = "2000-01-01T00:00:00Z"
    condition = {"type": "Ready", "status": str(state == "ready"), "lastTransitionTime": "2000-01-01T00:00:00Z"}
    status = {"phase": "Running", "conditions": [condition]}
    return structure(Pod, {"metadata": metadata, "spec": {"nodeName": node}, "status": status})


def step(pods, unavailable=1, surge=0, eligibility=RUN):
    """Return the names of the pods that go, and the nodes that get one; `pods` are kinds by node."""
    nodes = dict.fromkeys(pods, RUN) if eligibility is RUN else {**dict.fromkeys(pods, RUN), **eligibility}
    made = [pod(node, kind, number) for node, kinds in pods.items() for number, kind in enumerate(kinds)]
    plan = rolling_update(situation(nodes, unavailable, surge), by_node(made))
    return sorted(one.metadata.name for one in plan.doomed), list(plan.needing)


@pytest.mark.parametrize(
    ("pods", "limit", "doomed"),
    [
        pytest.param({"a": ["old ready"], "b": ["old ready"]}, 1, ["a-old-0"], id="one goes at a time"),
        pytest.param({"a": ["old ready"], "b": ["old ready"]}, "100%", ["a-old-0", "b-old-0"], id="all may go"),
        pytest.param({"a": ["old ready"], "b": ["old ready"]}, "1%", ["a-old-0"], id="percentages are rounded up"),
        pytest.param({"a": ["old ready"], "b": ["new"]}, 1, [], id="a new pod that is not ready holds up"),
        pytest.param({"a": ["old ready"], "b": ["new ready"]}, 1, ["a-old-0"], id="a new pod that is ready does not"),
        pytest.param({"a": ["old"], "b": ["old"]}, 1, ["a-old-0", "b-old-0"], id="unavailable old pods all go"),
        pytest.param({"a": ["old ready"], "b": ["old"]}, 1, ["b-old-0"], id="an unavailable old pod counts"),
        pytest.param({"a": ["old ready"], "b": []}, 1, [], id="a node without a pod counts"),
        pytest.param({"a": ["old ready"], "b": ["old going"]}, 1, [], id="a pod that goes counts as none"),
        pytest.param({"a": ["old ready", "old ready"], "b": ["old ready"]}, 1, [], id="two alike are left to manage"),
        pytest.param({"a": ["old ready"]}, 0, ["a-old-0"], id="limits of nothing are taken for one"),
        pytest.param({}, 0, [], id="no nodes, no pods"),
    ],
)
def test_without_surge_old_pods_make_way_within_max_unavailable(pods, limit, doomed):
    """Nothing is created here; manage fills the gaps."""
    assert step(pods, unavailable=limit) == (doomed, [])


@pytest.mark.parametrize(
    ("pods", "limit", "doomed", "needing"),
    [
        pytest.param({"a": ["old ready"], "b": ["old ready"]}, 1, [], ["a"], id="one node gets a second pod"),
        pytest.param({"a": ["old ready"], "b": ["old ready", "new"]}, 1, [], [], id="as long as it is not ready"),
        pytest.param(
            {"a": ["old ready"], "b": ["old ready", "new ready"]}, 1, ["b-old-0"], ["a"], id="then the old one goes"
        ),
        pytest.param({"a": ["old"], "b": ["old"], "c": ["old ready"]}, 1, [], ["a", "b", "c"], id="unavailable ones"),
        pytest.param({"a": ["new ready"], "b": []}, 1, [], [], id="manage does the rest"),
        pytest.param({"a": ["old ready", "old ready"], "b": ["old ready"]}, 1, [], [], id="excess counts as surge"),
    ],
)
def test_with_surge_new_pods_come_first_on_so_many_nodes(pods, limit, doomed, needing):
    """An old pod goes when the new one beside it is available."""
    assert step(pods, unavailable=0, surge=limit) == (doomed, needing)


def test_with_surge_a_pod_in_a_wrong_place_goes_when_the_others_suffice():
    """One that is not available goes at once."""
    misplaced = {"x": STAY}

    assert step({"a": [], "x": ["old ready"]}, 0, 1, misplaced) == ([], [])
    assert step({"a": ["new ready"], "x": ["old ready"]}, 0, 1, misplaced) == (["x-old-0"], [])
    assert step({"a": [], "x": ["old"]}, 0, 1, misplaced) == (["x-old-0"], [])


def test_with_surge_an_old_pod_on_a_node_that_is_gone_stops_the_update():
    """Upstream can't tell whether it should run there."""
    pods = by_node([pod("gone", "old ready"), pod("a", "old ready")])

    assert rolling_update(situation({"a": RUN}, 0, 1), pods) is None
    assert rolling_update(situation({"a": RUN}, 1, 0), pods) is not None


def test_limits_that_are_no_numbers_are_an_error():
    """Validation lets none through."""
    with pytest.raises(IntOrStringError):
        rolling_update(situation({"a": RUN}, "many"), {})
    assert (max_unavailable(DaemonSet(), 3), max_surge(DaemonSet(), 3)) == (0, 0)


@pytest.mark.parametrize(
    ("pods", "surge", "doomed", "needing"),
    [
        pytest.param({"a": []}, 0, [], ["a"], id="a node without a pod gets one"),
        pytest.param({"a": ["old going"]}, 0, [], [], id="a pod that goes is waited for"),
        pytest.param({"a": ["old going"]}, 1, [], ["a"], id="with surge it is not"),
        pytest.param({"a": ["old ready", "new ready"]}, 0, ["a-old-0"], [], id="of two the first by name stays"),
        pytest.param({"a": ["old ready", "new"]}, 1, [], [], id="with surge an old and a new one may be"),
        pytest.param({"a": ["old ready", "new ready"]}, 1, ["a-old-0"], [], id="until the new one is available"),
        pytest.param({"a": ["old", "new"]}, 1, ["a-old-0"], [], id="or the old one is not ready"),
        pytest.param({"a": ["old ready", "new", "new"]}, 1, ["a-new-2"], [], id="a third one is too many"),
    ],
)
def test_manage_keeps_one_pod_a_node_or_two_with_surge(pods, surge, doomed, needing):
    """Whatever template they are of."""
    made = [pod(node, kind, number) for node, kinds in pods.items() for number, kind in enumerate(kinds)]
    plan = manage(situation(dict.fromkeys(pods, RUN), 1 - surge, surge), by_node(made), frozenset())

    assert ([one.metadata.name for one in plan.doomed], list(plan.needing)) == (doomed, needing)


CLUSTERS = st.dictionaries(
    st.sampled_from([f"n{at}" for at in range(6)]), st.lists(st.sampled_from(KINDS), max_size=2), max_size=6
)
LIMITS = st.integers(1, 4) | st.sampled_from(["1%", "50%", "100%"])


def _available(pods):
    return sum(any(kind.endswith("ready") for kind in kinds) for kinds in pods.values())


@given(CLUSTERS, LIMITS)
def test_an_update_never_leaves_more_nodes_without_a_pod_than_promised(pods, limit):
    """Of the nodes with an available pod so many keep one, unless there are fewer to begin with."""
    doomed, _ = step(pods, unavailable=limit)
    left = {
        node: [kind for at, kind in enumerate(kinds) if f"{node}-{kind.partition(' ')[0]}-{at}" not in doomed]
        for node, kinds in pods.items()
    }
    most = max_unavailable(situation({}, limit).daemon_set, len(pods))

    assert _available(left) >= min(_available(pods), len(pods) - most)


@given(CLUSTERS, LIMITS)
def test_a_surge_adds_no_more_pods_beside_available_ones_than_promised(pods, limit):
    """Where the old pod is not available a new one comes at once and is no surge."""
    _, needing = step(pods, unavailable=0, surge=limit)
    beside = [node for node in needing if "old ready" in pods[node]]

    assert len(beside) <= max_surge(situation({}, 0, limit).daemon_set, len(pods))


@given(CLUSTERS, st.integers(0, 1))
def test_where_nothing_may_run_all_pods_go_and_none_comes(pods, surge):
    """Once, not those that go already."""
    made = [pod(node, kind, number) for node, kinds in pods.items() for number, kind in enumerate(kinds)]
    plan = manage(situation(dict.fromkeys(pods, NEITHER), 1 - surge, surge), by_node(made), frozenset())

    assert plan.needing == ()
    assert len(plan.doomed) == sum(kind != "old going" for kinds in pods.values() for kind in kinds)
