"""Drains: a node is emptied as its budgets allow, some pods hold a drain up, and every drain tells its end."""

from __future__ import annotations

import re

import pytest
from cluster_models.small import CAPACITY, booted, calm, clerk, done, idler

from kcore.api.json import Json
from kcore.cluster.target import Target
from kcore.faults.machine_lost import MachineLost
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model
from kcore.users.act import ANSWERED
from kcore.users.apply import Apply
from kcore.users.delete import Delete
from kcore.users.drain import FAILED, FAMILY, FINISHED, RETRIED, Drain, draining, in_words
from kcore.users.drain_filters import DAEMONSET_MANAGED, LOCAL_STORAGE, MIRROR, UNMANAGED, Overrides
from kcore.users.patch import Patch

SECOND = 1000
REPLICAS = 4


def deployment(replicas=REPLICAS):
    """A Deployment whose pods leave at once."""
    spec = {"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "app:v1"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": spec},
        },
    }


def budget(name="web", **spec):
    """A budget of the Deployment's pods."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }


def pod(name="a", annotations=None, owner="", volumes=(), **spec):
    """A pod on n1 that ends by itself only."""
    owners = [{"apiVersion": "apps/v1", "kind": owner, "name": "o", "uid": "u", "controller": True}] if owner else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "labels": {"app": "web"},
            "annotations": annotations or {},
            "ownerReferences": owners,
        },
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "a"}], "volumes": list(volumes), **spec},
    }


DAEMON_SET = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "o"},
    "spec": {
        "selector": {"matchLabels": {"app": "agent"}},
        "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {"containers": [{"name": "c", "image": "a"}]},
        },
    },
}


class Run:
    """A cluster of some nodes with what was applied to it, and everything it told since."""

    def __init__(self, *objects, nodes=2):
        self.model = build_model()
        specs = [NodeSpec(name=f"n{number + 1}", capacity=CAPACITY) for number in range(nodes)]
        self.state = boot(self.model, Plan(nodes=specs))
        self.notes = []
        self.unready = 0
        self.do(Apply(objects=tuple(map(Json.of, objects))))
        self.wait(5)

    def do(self, event):
        """What a person does; it is not refused."""
        step = done(self.model, self.state, event)
        self.state = step.state
        self.notes += step.notes

    def wait(self, seconds):
        """Let time pass, and count the ready pods after each event."""
        self.unready = max(self.unready, REPLICAS - self.ready)
        self.state = advance(self.model, self.state, self.state.now + seconds * SECOND, watcher=self._see)

    def _see(self, _, step):
        before, self.state = self.state, step.state
        self.notes += step.notes
        if before.store is not self.state.store:
            self.unready = max(self.unready, REPLICAS - self.ready)

    @property
    def ready(self):
        """How many pods are ready and not on their way out."""
        return sum(
            one.metadata.deletion_timestamp is None
            and any(condition.type == "Ready" and condition.status == "True" for condition in one.status.conditions)
            for one in self.state.store.list("Pod")
        )

    def told(self, name):
        """The notes of a name, as mappings."""
        return [dict(note.fields) for note in self.notes if note.name == name]

    @property
    def pods(self):
        """The node of each pod, sorted."""
        return sorted(one.spec.node_name for one in self.state.store.list("Pod"))


def test_a_drain_ends_with_all_pods_elsewhere():
    """The node is cordoned, so that the new pods go to the other one; the drain says that it is over."""
    run = Run(deployment())
    assert run.pods.count("n1") == 2

    run.do(Drain(node="n1"))
    assert draining(run.state) == ("n1",)
    run.wait(10)

    assert run.pods == ["n2"] * REPLICAS
    assert [one.spec.unschedulable for one in run.state.store.list("Node")] == [True, False]
    assert run.told(FINISHED) == [{"node": "n1"}]
    assert draining(run.state) == ()


def test_a_budget_is_never_broken_by_a_drain():
    """The pods go one by one, every five seconds at the earliest, and never are two away at once."""
    run = Run(deployment(), budget(maxUnavailable=1))
    run.unready = 0
    run.do(Drain(node="n1"))
    run.wait(4)
    assert run.pods.count("n1") == 1, "the second waits for the budget"
    run.wait(10)

    assert run.pods == ["n2"] * REPLICAS
    assert run.unready == 1
    assert run.told(FINISHED) == [{"node": "n1"}]


def test_a_drain_that_a_budget_blocks_keeps_trying():
    """Every five seconds, until the budget is changed."""
    run = Run(deployment(), budget(maxUnavailable=0))
    run.do(Drain(node="n1"))
    run.wait(60)
    assert run.pods.count("n1") == 2
    assert draining(run.state) == ("n1",)
    assert len(run.told("pod.eviction_refused")) == 2 * 12

    target = Target(kind="PodDisruptionBudget", namespace="default", name="web")
    run.do(Patch(target=target, patch=Json.of({"spec": {"maxUnavailable": 2}})))
    run.wait(10)
    assert run.pods == ["n2"] * REPLICAS
    assert draining(run.state) == ()


def test_a_drain_gives_up_at_its_timeout():
    """It says which pods it leaves behind."""
    run = Run(deployment(), budget(maxUnavailable=0))
    run.do(Drain(node="n1", timeout=12 * SECOND))
    run.wait(14)
    assert draining(run.state) == ("n1",)
    run.wait(2)

    (failed,) = run.told(FAILED)
    errors = failed["why"].removeprefix("[").removesuffix("]").split(", ")
    assert len(errors) == 2
    for error in errors:
        assert re.fullmatch(r'error when evicting pods/"web-\S+" -n "default": global timeout reached: 12s', error)
    assert draining(run.state) == ()
    assert run.pods.count("n1") == 2


def test_a_drain_waits_for_pods_to_be_gone():
    """A pod that is evicted but kept by a finalizer is not gone."""
    kept = pod("kept", terminationGracePeriodSeconds=1)
    kept["metadata"]["finalizers"] = ["example.com/hold"]
    run = Run(kept, nodes=1)
    run.do(Drain(node="n1", overrides=Overrides(force=True)))
    run.wait(30)
    assert len(run.told("pod.evicted")) == 1
    assert draining(run.state) == ("n1",)

    target = Target(kind="Pod", namespace="default", name="kept")
    run.do(Patch(target=target, patch=Json.of({"metadata": {"finalizers": None}})))
    run.wait(2)
    assert run.told(FINISHED) == [{"node": "n1"}]


def test_the_grace_period_of_a_drain_is_that_of_its_evictions():
    """Given none, each pod keeps its own."""
    run = Run(pod(terminationGracePeriodSeconds=600), nodes=1)

    def grace(**options):
        drain = Drain(node="n1", overrides=Overrides(force=True), **options)
        state, _, _ = calm(run.model, done(run.model, run.state, drain).state)
        return state.store.list("Pod")[0].metadata.deletion_grace_period_seconds

    assert (grace(), grace(grace_period_seconds=7)) == (600, 7)


def test_an_error_of_one_eviction_fails_the_drain_after_the_others():
    """Two budgets over one pod are such an error; the pod without them goes."""
    other = pod("b", terminationGracePeriodSeconds=1)
    other["metadata"]["labels"] = {"app": "other"}
    run = Run(pod("a"), other, budget("one", maxUnavailable=1), budget("two", maxUnavailable=1))
    run.do(Drain(node="n1", overrides=Overrides(force=True)))
    run.wait(5)

    (failed,) = run.told(FAILED)
    said = 'error when evicting pods/"a" -n "default": This pod has more than one PodDisruptionBudget'
    assert failed["why"].startswith(said)
    assert [one.metadata.name for one in run.state.store.list("Pod")] == ["a"]


def test_what_a_drain_waits_for_at_its_timeout_is_told():
    """A pod that is evicted and does not go in time is another error than one whose eviction is refused."""
    kept = pod("kept", terminationGracePeriodSeconds=1)
    kept["metadata"]["finalizers"] = ["example.com/hold"]
    run = Run(kept, nodes=1)
    run.do(Drain(node="n1", overrides=Overrides(force=True), timeout=90 * SECOND))
    run.wait(92)

    (failed,) = run.told(FAILED)
    said = 'error when waiting for pod "kept" in namespace "default" to terminate: global timeout reached: 1m30s'
    assert failed["why"] == said


def test_each_retry_of_an_eviction_is_told():
    """With what the API server answered."""
    run = Run(deployment(), budget(maxUnavailable=0))
    run.do(Drain(node="n1"))
    run.wait(7)
    told = [one["why"] for one in run.told(RETRIED)]

    assert len(told) == 2 * 2
    assert all(
        "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption" in one for one in told
    )


def test_a_pod_that_goes_with_its_namespace_is_waited_for():
    """Its eviction is refused, and it goes all the same."""
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old"}}
    there = pod("there", terminationGracePeriodSeconds=20)
    there["metadata"]["namespace"] = "old"
    run = Run(home, nodes=1)
    run.do(Apply(objects=(Json.of(there),)))
    run.wait(2)
    run.do(Delete(target=Target(kind="Namespace", name="old")))
    run.wait(3)
    run.do(Drain(node="n1", overrides=Overrides(force=True)))
    run.wait(60)

    assert run.told(FINISHED) == [{"node": "n1"}]
    assert run.told(FAILED) == []


def test_only_pods_of_a_selector_are_looked_at():
    """Others stay, and do not hold the drain up."""
    other = pod("b", terminationGracePeriodSeconds=1)
    other["metadata"]["labels"] = {"app": "other"}
    owned = pod("a", owner="ReplicaSet", terminationGracePeriodSeconds=1)
    run = Run(other, owned, nodes=1)
    run.do(Drain(node="n1", pod_selector="app=web"))
    run.wait(5)

    assert run.told(FINISHED) == [{"node": "n1"}]
    assert [one.metadata.name for one in run.state.store.list("Pod")] == ["b"]


@pytest.mark.parametrize(("skip", "ends"), [(0, False), (60, False), (20, True)])
def test_pods_that_are_overdue_are_not_waited_for(skip, ends):
    """On a machine that is lost they never go; what was overdue before the drain is not evicted."""
    run = Run(pod("a", terminationGracePeriodSeconds=1), nodes=1)
    run.do(MachineLost("n1"))
    run.do(Drain(node="n1", overrides=Overrides(force=True), skip_wait_for_delete_timeout=skip))
    run.wait(40)
    assert bool(run.told(FINISHED)) is ends
    assert [one.metadata.name for one in run.state.store.list("Pod")] == ["a"]

    if ends:
        run.do(Drain(node="n1", skip_wait_for_delete_timeout=skip))
        run.wait(1)
        assert len(run.told(FINISHED)) == 2
        assert run.told(FAILED) == []


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(500, "0.5s"), (20_000, "20s"), (90_000, "1m30s"), (60_000, "1m0s"), (3_661_000, "1h1m1s")],
)
def test_durations_are_written_as_go_does(milliseconds, text):
    """As kubectl prints its timeout."""
    assert in_words(milliseconds) == text


def held(*objects, **overrides):
    """What a drain of n1 says at once, and whether it got under way; nothing else moves in the cluster."""
    model = build_model()
    state = boot(model, Plan(nodes=[NodeSpec(name="n1", capacity=CAPACITY)]))
    state = done(model, state, Apply(objects=tuple(map(Json.of, objects)))).state
    step = done(model, state, Drain(node="n1", overrides=Overrides(**overrides)))
    return [dict(note.fields)["why"] for note in step.notes if note.name == FAILED], draining(step.state)


EMPTY_DIR = ({"name": "scratch", "emptyDir": {}},)


@pytest.mark.parametrize(
    ("objects", "override", "why"),
    [
        pytest.param(
            (DAEMON_SET, pod(owner="DaemonSet")), "ignore_daemonsets", DAEMONSET_MANAGED, id="a pod of a DaemonSet"
        ),
        pytest.param(
            (pod(owner="DaemonSet"),),
            "force",
            'cannot delete daemonsets.apps "o" not found',
            id="its DaemonSet is gone",
        ),
        pytest.param(
            (pod(owner="ReplicaSet", volumes=EMPTY_DIR),), "delete_emptydir_data", LOCAL_STORAGE, id="local storage"
        ),
        pytest.param((pod(),), "force", UNMANAGED, id="a pod that nobody starts again"),
    ],
)
def test_what_must_not_be_lost_holds_a_drain_up(objects, override, why):
    """Unless it is accepted; the other pods are not touched either."""
    innocent = pod("innocent", owner="ReplicaSet")

    assert held(*objects, innocent) == ([f"{why}: default/a"], ())
    assert held(*objects, innocent, **{override: True}) == ([], ("n1",))


def test_pods_of_daemonsets_and_mirrors_of_static_pods_stay():
    """What a drain passes over it does not wait for."""
    run = Run(DAEMON_SET, pod("d", owner="DaemonSet"), pod("m", annotations={MIRROR: "x"}), nodes=1)
    run.do(Drain(node="n1", overrides=Overrides(ignore_daemonsets=True)))
    before = run.pods
    run.wait(3)

    assert run.told(FINISHED) == [{"node": "n1"}]
    assert run.pods == before
    assert run.told("pod.evicted") == []


def test_a_held_up_drain_leaves_the_node_cordoned():
    """The cordon comes first."""
    run = Run(pod(), nodes=1)
    run.do(Drain(node="n1"))

    assert run.state.store.list("Node")[0].spec.unschedulable
    assert len(run.told(FAILED)) == 1


def test_a_drain_of_a_node_that_is_not_there_is_answered_with_404():
    """Nothing gets under way."""
    run = Run()
    run.do(Drain(node="n9"))

    assert [one["code"] for one in run.told(ANSWERED)][-1] == 404
    assert draining(run.state) == ()


def test_two_nodes_are_drained_at_once_and_one_node_once():
    """Each drain is its own; a second one of the same node is refused."""
    run = Run(deployment(), budget(maxUnavailable=0), nodes=3)
    run.do(Drain(node="n1"))
    run.do(Drain(node="n2"))

    assert draining(run.state) == ("n1", "n2")
    refusal = run.model.step(run.state, Drain(node="n1"))
    assert isinstance(refusal, Refusal)
    assert "under way" in str(refusal)


def test_a_model_without_a_drainer_refuses():
    """The act needs a process that carries it on."""
    model, state = booted(clerk(idler), nodes=1)
    refusal = model.step(state, Drain(node="n1"))

    assert isinstance(refusal, Refusal)
    assert "nothing runs that could drain" in str(refusal)


def test_a_blocked_drain_comes_back_to_where_it_was():
    """What it remembers holds no time, so that a search sees the cycle."""
    run = Run(deployment(), budget(maxUnavailable=0))
    run.do(Drain(node="n1"))

    def remembered():
        return [process.memory for name, process in run.state.processes.items() if name.family == FAMILY]

    run.wait(7)
    first = remembered()
    run.wait(5)
    assert any(first)
    assert remembered() == first
