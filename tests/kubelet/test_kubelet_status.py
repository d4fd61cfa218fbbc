"""What the kubelet reports, and that it reports it once."""

from __future__ import annotations

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from kcore.api.kinds import key_of
from kcore.api.meta.condition import Condition
from kcore.api.object import ObjectKey

OWNED = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]


def test_a_running_pod_is_described_in_full(bench, pod):
    """Addresses, times, generation, quality of service and containers, as `kubectl get -o yaml` has them."""
    bench.put(pod("p", "b:v1", "a:v1"))
    bench.run(1_000)
    status = bench.status()

    assert status["hostIP"] == "192.168.0.2"
    assert status["hostIPs"] == [{"ip": "192.168.0.2"}]
    assert status["podIPs"] == [{"ip": "10.244.0.2"}]
    assert status["startTime"] == "2001-09-09T01:46:40Z"
    assert status["qosClass"] == "BestEffort"
    assert status["observedGeneration"] == 1
    assert [one["type"] for one in status["conditions"]] == OWNED
    assert all(one["status"] == "True" and one["observedGeneration"] == 1 for one in status["conditions"])
    assert status["containerStatuses"][0] == {
        "name": "c0",
        "image": "b:v1",
        "imageID": "",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": "2001-09-09T01:46:40Z"}},
        "lastState": {},
    }


def test_a_pod_that_starts_says_what_it_waits_for(bench, pod):
    """It is scheduled and initialized, but has no network yet and is not ready."""
    bench.put(pod())
    bench.run(10)

    assert bench.condition("PodScheduled") == ("True", "")
    assert bench.condition("Initialized") == ("True", "")
    assert bench.condition("PodReadyToStartContainers") == ("False", "")
    assert bench.condition("Ready") == ("False", "ContainersNotReady")
    ready = next(one for one in bench.status()["conditions"] if one["type"] == "Ready")
    assert ready["message"] == "containers with unready status: [c0]"


def test_a_pod_without_its_image_is_pending(bench, pod):
    """It has an address all the same, and says what it waits for."""
    bench.put(pod("p", "app:bad"))
    bench.run(1_000)

    assert bench.status()["phase"] == "Pending"
    assert bench.containers() == [("waiting", "ImagePullBackOff")]
    assert bench.status()["podIP"] == "10.244.0.2"


def test_a_pod_can_run_without_being_ready(bench, pod):
    """Running is one thing, ready another."""
    bench.put(pod("p", "app:unready"))
    bench.run(1_000)

    assert bench.status()["phase"] == "Running"
    assert bench.containers() == [("running",)]
    assert bench.condition("Ready") == ("False", "ContainersNotReady")


def test_a_readiness_gate_wants_its_condition(bench, pod):
    """The containers are ready, but the pod is only when somebody has set the gate's condition."""
    bench.put(pod(readinessGates=[{"conditionType": "example.com/load-balanced"}]))
    bench.run(1_000)

    assert bench.condition("ContainersReady") == ("True", "")
    assert bench.condition("Ready") == ("False", "ReadinessGatesNotReady")

    gate = Condition(type="example.com/load-balanced", status="True")
    status = attrs.evolve(bench.pod().status, conditions=(*bench.pod().status.conditions, gate))
    bench.put(attrs.evolve(bench.pod(), status=status))
    bench.run(2_000)

    assert bench.condition("Ready") == ("True", "")


def test_the_conditions_of_others_stay(bench, pod):
    """What somebody else has found out is kept, before the kubelet's own."""
    found = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    bench.put(pod(status={"conditions": [found]}))
    bench.run(1_000)

    assert [one["type"] for one in bench.status()["conditions"]] == ["DisruptionTarget", *OWNED]


def test_a_condition_is_dated_by_its_last_change(bench, pod):
    """Ready changes when the container crashes, PodScheduled never."""
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2001-09-09T01:46:30Z"}
    bench.put(pod("p", "app:crash", status={"conditions": [scheduled]}))
    bench.run(12_000)
    times = {one["type"]: one["lastTransitionTime"] for one in bench.status()["conditions"]}

    assert times["PodScheduled"] == "2001-09-09T01:46:30Z"
    assert times["Initialized"] == "2001-09-09T01:46:40Z"
    assert times["Ready"] == "2001-09-09T01:46:51Z"


def test_a_status_that_somebody_changed_is_put_right(bench, pod):
    """The kubelet is the source of truth: what it owns, it writes again."""
    bench.put(pod())
    bench.run(1_000)
    before = bench.pod().status
    unready = tuple(attrs.evolve(one, status="False") if one.type == "Ready" else one for one in before.conditions)
    bench.put(attrs.evolve(bench.pod(), status=attrs.evolve(before, conditions=unready)))
    bench.run(2_000)

    assert bench.condition("Ready") == ("True", "")


IMAGES = st.sampled_from(["app:v1", "app:bad", "app:crash", "app:unready", "app:exit0", "app:exit1"])
POLICIES = st.sampled_from(["Always", "OnFailure", "Never"])
ACTS = st.sampled_from(["delete", "force", "replace", "wait", "forget"])


def live(bench, pod, images, init, policy, acts):
    """Take a pod through `acts`, some time apart, and return the bench."""
    number = 0
    for act in ("replace", *acts):
        if act == "replace" and bench.pod() is None:
            number += 1
            bench.put(pod("p", *images, init=init, restartPolicy=policy, uid=f"u{number}"))
        elif act in ("delete", "force") and bench.pod() is not None:
            bench.delete(grace=30 if act == "delete" else 0)
        elif act == "forget":
            bench.memory = {}
            bench.add(ObjectKey("Pod", "default", "p"))
        bench.run(bench.clock + 130)
    return bench


@settings(max_examples=60)
@given(
    st.lists(IMAGES, min_size=1, max_size=2),
    st.lists(IMAGES, max_size=1),
    POLICIES,
    st.lists(ACTS, min_size=5, max_size=14),
)
def test_a_second_look_changes_nothing(new_bench, pod, images, init, policy, acts):
    """A kubelet that has acted and looks again, with nothing new, writes nothing and does nothing."""
    bench = live(new_bench(), pod, images, init, policy, acts)
    key = key_of(pod())
    memory, world, store = bench.memory.get(key), bench.world, bench.store
    turn = bench.turn(key)

    assert (turn.requests, turn.actions) == ((), ())
    assert (bench.memory.get(key), bench.world, bench.store) == (memory, world, store)


@settings(max_examples=60)
@given(
    st.lists(IMAGES, min_size=1, max_size=2),
    st.lists(IMAGES, max_size=1),
    POLICIES,
    st.lists(ACTS, min_size=5, max_size=14),
)
def test_what_is_reported_is_what_runs(new_bench, pod, images, init, policy, acts):
    """When the kubelet is at rest, the running containers of the status are the running containers of the machine."""
    bench = live(new_bench(), pod, images, init, policy, acts)
    found = bench.pod()
    running = {
        one.name
        for sandbox in bench.sandboxes()
        if found is not None and sandbox.id.pod_uid == found.metadata.uid
        for one in sandbox.containers
        if one.has_process
    }
    statuses = () if found is None else (*found.status.container_statuses, *found.status.init_container_statuses)

    assert {one.name for one in statuses if one.state.running is not None} == running


@settings(max_examples=40)
@given(
    st.lists(IMAGES, min_size=1, max_size=2),
    st.lists(IMAGES, max_size=1),
    POLICIES,
    st.lists(ACTS, min_size=5, max_size=14),
)
def test_a_pod_that_has_ended_never_lives_again(new_bench, pod, images, init, policy, acts):
    """Once the API has seen a terminal phase of a pod, it sees no other."""
    bench = live(new_bench(), pod, images, init, policy, acts)
    last = {}
    for _, request in bench.log:
        if request.body is not None:
            uid, phase = request.body.metadata.uid, request.body.status.phase
            assert last.get(uid) in (None, "Pending", "Running") or last[uid] == phase
            last[uid] = phase


@settings(max_examples=40)
@given(st.lists(IMAGES, min_size=1, max_size=2), POLICIES, st.lists(ACTS, max_size=8))
def test_every_deleted_pod_goes(new_bench, pod, images, policy, acts):
    """Whatever it was doing, a deleted pod is gone soon, and nothing of it runs."""
    bench = live(new_bench(), pod, images, (), policy, acts)
    if bench.pod() is not None:
        bench.delete()
    bench.run(bench.clock + 1_000)

    assert bench.pod() is None
    assert bench.sandboxes() == ()
