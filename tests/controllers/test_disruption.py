"""The disruption controller: what a budget allows, and when it looks again."""

from __future__ import annotations

import attrs
import pytest
from controller_bench import START, Bench
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.convert import from_wire, to_wire
from kcore.api.json import Json
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Request, Verb
from kcore.controllers.disruption import DISRUPTION

PDB = ObjectKey("PodDisruptionBudget", "default", "web")
AGO = {seconds: f"1999-12-31T23:{59 - seconds // 60}:{60 - seconds % 60:02}Z" for seconds in (1, 30, 119)}


def make_pdb(metadata=None, status=None, **spec):
    """The budget "web" over the pods with the label app=web."""
    wire = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default", "uid": "b-1", "generation": 1, **(metadata or {})},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
        "status": status or {},
    }
    return from_wire(wire)


def owner(kind, name, api_version="apps/v1"):
    """A reference to a controller, whose uid is its name."""
    return {"apiVersion": api_version, "kind": kind, "name": name, "uid": name, "controller": True}


def make_pod(name, *owners, ready=True, deleting=False, conditions=(), labels=None, phase="Running"):
    """A pod that the budget selects."""
    metadata = {"name": name, "namespace": "default", "uid": name, "ownerReferences": list(owners)}
    metadata["labels"] = labels or {"app": "web"}
    if deleting:
        metadata |= {"deletionTimestamp": "2000-01-01T00:00:10Z", "deletionGracePeriodSeconds": 30}
    status = {"phase": phase, "conditions": [{"type": "Ready", "status": "True" if ready else "False"}, *conditions]}
    spec = {"containers": [{"name": "c", "image": "i"}]}
    return from_wire({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})


def make_workload(kind, name, replicas, *owners, api_version="apps/v1"):
    """A workload of that size, whose uid is its name."""
    metadata = {"name": name, "namespace": "default", "uid": name, "ownerReferences": list(owners)}
    wire = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": {"replicas": replicas}}
    return from_wire(wire)


RS = make_workload("ReplicaSet", "rs", 4)


def replica_pods(ready, unready=0):
    """As many pods of the ReplicaSet."""
    states = [True] * ready + [False] * unready
    return [make_pod(f"p{number}", owner("ReplicaSet", "rs"), ready=is_ready) for number, is_ready in enumerate(states)]


def run(*objects):
    """A bench over these objects that has come to rest."""
    bench = Bench(DISRUPTION, *objects)
    bench.queue.append(PDB)
    bench.run()
    return bench


def status(bench):
    """The status of the budget."""
    return to_wire(bench.store.get(PDB))["status"]


def counts(bench):
    """Expected, desired and present healthy pods, and how many may go."""
    found = status(bench)
    return tuple(found[key] for key in ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed"))


def condition(bench):
    """Status and reason of the condition."""
    [found] = status(bench)["conditions"]
    return found["status"], found["reason"]


# Counting


@pytest.mark.parametrize(
    ("spec", "ready", "unready", "expected"),
    [
        pytest.param({"minAvailable": 2}, 4, 0, (4, 2, 4, 2), id="a minimum in numbers counts the pods there are"),
        pytest.param({"minAvailable": 2}, 3, 0, (3, 2, 3, 1), id="not the pods there should be"),
        pytest.param({"minAvailable": "50%"}, 3, 0, (4, 2, 3, 1), id="a minimum in percent counts what should be"),
        pytest.param({"minAvailable": "51%"}, 4, 0, (4, 3, 4, 1), id="and is rounded up"),
        pytest.param({"maxUnavailable": 1}, 3, 1, (4, 3, 3, 0), id="a maximum counts what should be"),
        pytest.param({"maxUnavailable": "26%"}, 4, 0, (4, 2, 4, 2), id="and its percentage is rounded up"),
        pytest.param({"maxUnavailable": 9}, 4, 0, (4, 0, 4, 4), id="a maximum above all needs none"),
        pytest.param({"minAvailable": 2}, 0, 2, (2, 2, 0, 0), id="too few leave nothing to allow"),
        pytest.param({"minAvailable": 0}, 0, 0, (0, 0, 0, 0), id="without pods nothing is allowed"),
        pytest.param({}, 2, 0, (0, 0, 2, 0), id="without a limit nothing is allowed"),
    ],
)
def test_what_is_allowed_is_what_is_healthy_beyond_what_is_desired(spec, ready, unready, expected):
    """The condition says whether that is anything."""
    bench = run(RS, make_pdb(**spec), *replica_pods(ready, unready))

    assert counts(bench) == expected
    assert condition(bench) == (("True", "SufficientPods") if expected[3] else ("False", "InsufficientPods"))


def test_a_pod_that_is_deleted_is_not_healthy():
    """However ready it is."""
    bench = run(make_pdb(minAvailable=1), make_pod("a"), make_pod("b", deleting=True))

    assert counts(bench) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("pods", "workloads", "total"),
    [
        pytest.param([owner("ReplicaSet", "rs")], [RS], 4, id="a ReplicaSet"),
        pytest.param(
            [owner("ReplicaSet", "rs")],
            [make_workload("ReplicaSet", "rs", 4, owner("Deployment", "d")), make_workload("Deployment", "d", 7)],
            7,
            id="the Deployment behind a ReplicaSet",
        ),
        pytest.param(
            [owner("ReplicaSet", "rs")],
            [make_workload("ReplicaSet", "rs", 4, owner("Deployment", "gone"))],
            4,
            id="the scale of a ReplicaSet whose Deployment is gone",
        ),
        pytest.param([owner("StatefulSet", "db")], [make_workload("StatefulSet", "db", 3)], 3, id="a StatefulSet"),
        pytest.param(
            [owner("ReplicationController", "rc", "v1")],
            [make_workload("ReplicationController", "rc", 5, api_version="v1")],
            5,
            id="a ReplicationController",
        ),
        pytest.param(
            [owner("ReplicaSet", "rs"), owner("ReplicaSet", "rs"), owner("StatefulSet", "db")],
            [RS, make_workload("StatefulSet", "db", 3)],
            7,
            id="each of several controllers once",
        ),
        pytest.param([owner("ReplicaSet", "rs"), None], [RS], 4, id="pods without a controller are counted out"),
    ],
)
def test_percentages_are_of_what_the_controllers_want(pods, workloads, total):
    """The scale of each controller is counted once."""
    made = [make_pod(f"p{at}", *filter(None, [one])) for at, one in enumerate(pods)]
    bench = run(make_pdb(maxUnavailable="50%"), *made, *workloads)

    assert status(bench)["expectedPods"] == total


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        pytest.param(owner("ReplicaSet", "gone"), 'found no controllers for pod "a"', id="a controller that is gone"),
        pytest.param(
            owner("DaemonSet", "d"),
            "daemonsets.apps does not implement the scale subresource",
            id="one that has no scale",
        ),
        pytest.param(
            owner("Rollout", "r", "example.com/v1"),
            'no matches for kind "Rollout" in version "example.com/v1"',
            id="one of a kind that is not served",
        ),
        pytest.param(
            owner("ReplicaSet", "rs", "a/b/c"), "unexpected GroupVersion string: a/b/c", id="one that is malformed"
        ),
    ],
)
def test_where_the_scale_cannot_be_found_nothing_is_allowed(reference, message):
    """The condition says why; the counts stay as they were."""
    before = {"expectedPods": 4, "currentHealthy": 4, "desiredHealthy": 2, "disruptionsAllowed": 2}
    bench = run(make_pdb(maxUnavailable=1, status=before), make_pod("a", reference))

    assert counts(bench) == (4, 2, 4, 0)
    assert condition(bench) == ("False", "SyncFailed")
    assert status(bench)["conditions"][0]["message"] == message
    assert "CalculateExpectedPodCountFailed" in str(bench.notes[0])


def test_pods_without_a_controller_are_pointed_out():
    """A budget in percent or with a maximum can't count them."""
    bench = run(make_pdb(maxUnavailable=1), make_pod("a"))

    assert bench.notes[0].name == "disruption.UnmanagedPods"
    assert "(selector: &LabelSelector{MatchLabels:map[string]string{app: web,}," in str(bench.notes[0])


# Evicted pods


@pytest.mark.parametrize(
    ("evicted", "listed", "healthy"),
    [
        pytest.param({"p0": AGO[1]}, ["p0"], 3, id="one that was evicted just now is not healthy"),
        pytest.param({"p0": AGO[119]}, ["p0"], 3, id="for two minutes"),
        pytest.param({"p0": "1999-12-31T23:57:59Z"}, [], 4, id="after that it stayed"),
        pytest.param({"gone": AGO[1]}, [], 4, id="one that is gone is forgotten"),
    ],
)
def test_an_evicted_pod_counts_as_gone_until_it_has_had_its_time(evicted, listed, healthy):
    """The API server lists it when it grants the eviction."""
    bench = run(RS, make_pdb(minAvailable=1, status={"disruptedPods": evicted}), *replica_pods(4))

    assert sorted(status(bench).get("disruptedPods", {})) == listed
    assert status(bench)["currentHealthy"] == healthy


def test_an_evicted_pod_that_stays_counts_again_when_its_time_is_over():
    """The controller wakes up for it, and says so."""
    evicted = {"p0": AGO[30], "p1": AGO[1]}
    bench = run(RS, make_pdb(minAvailable=1, status={"disruptedPods": evicted}), *replica_pods(4))

    assert bench.wait(PDB) // 1000 == 90
    bench.run()
    assert (status(bench)["currentHealthy"], sorted(status(bench)["disruptedPods"])) == (3, ["p1"])
    assert "Pod was expected by PDB default/default to be deleted but it wasn't" in "\n".join(map(str, bench.notes))
    bench.wait(PDB)
    bench.run()
    assert status(bench)["currentHealthy"] == 4
    assert bench.wakes[PDB] is None


# Writing


def test_a_status_that_is_right_is_not_written_again():
    """One write, and then none; a new generation is noted."""
    bench = run(RS, make_pdb(maxUnavailable=1), *replica_pods(4))

    assert bench.writes == [("update", 200)]
    pdb = bench.store.get(PDB)
    bench.put(attrs.evolve(pdb, metadata=attrs.evolve(pdb.metadata, generation=2)))
    assert bench.run() == [("update", 200)]
    assert status(bench)["observedGeneration"] == 2


def test_the_time_of_the_condition_is_that_of_its_last_turn():
    """A count that changes without changing the verdict leaves it."""
    bench = run(RS, make_pdb(maxUnavailable=2), *replica_pods(4))
    bench.now += 60_000
    bench.put(replica_pods(3, 1)[3])
    bench.run()
    assert status(bench)["conditions"][0]["lastTransitionTime"] == "2000-01-01T00:00:00Z"
    bench.put(*replica_pods(2, 2)[2:])
    bench.run()

    assert status(bench)["conditions"][0]["lastTransitionTime"] == "2000-01-01T00:01:00Z"
    assert condition(bench) == ("False", "InsufficientPods")


def test_a_status_that_meets_a_newer_budget_is_tried_again():
    """Nothing is made safe for that; the delay doubles."""
    bench = Bench(DISRUPTION, RS, make_pdb(maxUnavailable=1), *replica_pods(4))
    old = bench.store
    newer = to_wire(bench.store.get(PDB))
    newer["metadata"]["labels"] = {"a": "b"}
    bench.ask(Request(verb=Verb.UPDATE, key=PDB, body=Json.of(newer)))
    delays = []
    for _ in range(3):
        bench.turn(PDB, view=old)
        delays.append(bench.wakes[PDB] - bench.now)

    assert bench.writes == [("update", 409)] * 3
    assert delays == [5, 10, 20]


def test_a_status_that_is_refused_for_another_reason_becomes_the_safe_one():
    """If the write of the counts fails, the write of a zero is tried."""
    bench = Bench(DISRUPTION, make_pdb(minAvailable=-1), make_pod("a"))
    bench.turn(PDB)

    assert bench.writes == [("update", 422), ("update", 200)]
    assert condition(bench) == ("False", "SyncFailed")


# What makes work


@pytest.mark.parametrize(
    ("old", "new", "work"),
    [
        pytest.param(None, make_pod("a"), ["web"], id="a new pod"),
        pytest.param(make_pod("a"), None, ["web"], id="a pod that is gone"),
        pytest.param(make_pod("a"), make_pod("a", ready=False), ["web"], id="any change of a pod"),
        pytest.param(make_pod("a", labels={"app": "db"}), make_pod("a"), ["web"], id="a label that is won"),
        pytest.param(
            make_pod("a"), make_pod("a", labels={"app": "db"}), [], id="not a label that is lost, as upstream"
        ),
        pytest.param(None, RS, [], id="not a controller"),
    ],
)
def test_changes_of_selected_pods_make_work(old, new, work):
    """The labels are those that the pod has now."""
    bench = Bench(DISRUPTION, make_pdb(), *filter(None, [old]))
    if new is None:
        bench.remove(key_of(old))
    else:
        bench.put(new)

    assert [key.name for key in bench.queue] == work


@pytest.mark.parametrize(
    ("how", "reason", "reset"),
    [
        pytest.param({}, "EvictionByEvictionAPI", True, id="one that nobody deletes is no target any more"),
        pytest.param({"deleting": True}, "EvictionByEvictionAPI", False, id="one that is deleted remains one"),
        pytest.param({"phase": "Failed"}, "EvictionByEvictionAPI", False, id="one that has ended remains one"),
        pytest.param({}, "TerminationByKubelet", False, id="its kubelet's word stands"),
    ],
)
def test_a_target_of_a_disruption_that_stays_is_one_for_two_minutes(how, reason, reset):
    """After that its condition is False."""
    target = {"type": "DisruptionTarget", "status": "True", "reason": reason, "lastTransitionTime": AGO[30]}
    bench = Bench(DISRUPTION)
    pod = make_pod("a", conditions=[target], **how)
    bench.put(pod)
    bench.run()

    assert bench.wakes.get(key_of(pod)) == (START + 90_000 if reset else None)
    if reset:
        assert bench.wait(key_of(pod)) == 90_000
        found = to_wire(bench.store.get(key_of(pod)))["status"]["conditions"][1]
        assert found == {"type": "DisruptionTarget", "status": "False", "lastTransitionTime": "2000-01-01T00:01:30Z"}


# Laws

limits = st.one_of(
    st.builds(lambda value: {"minAvailable": value}, st.integers(0, 6) | st.sampled_from(["0%", "34%", "100%"])),
    st.builds(lambda value: {"maxUnavailable": value}, st.integers(0, 6) | st.sampled_from(["0%", "34%", "100%"])),
)
pods = st.lists(st.builds(dict, ready=st.booleans(), deleting=st.booleans()), max_size=6)


@settings(deadline=None)
@given(limits, pods, st.integers(0, 6))
def test_never_more_than_the_healthy_pods_may_go_and_one_write_is_enough(limit, states, replicas):
    """Whatever the limits are: after all that is allowed, as many as desired are healthy."""
    made = [make_pod(f"p{at}", owner("ReplicaSet", "rs"), **state) for at, state in enumerate(states)]
    bench = run(make_workload("ReplicaSet", "rs", replicas), make_pdb(**limit), *made)
    expected, desired, healthy, allowed = counts(bench)

    assert 0 <= allowed <= healthy <= len(states)
    assert allowed == 0 or (expected > 0 and healthy - allowed >= desired)
    assert bench.writes == [("update", 200)]
