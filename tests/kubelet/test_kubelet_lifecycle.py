"""A pod's life on a node, from binding to its end."""

from __future__ import annotations

import attrs
import pytest
from pyrsistent import pmap

from kcore.api.convert import from_wire
from kcore.api.kinds import key_of
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Verb
from kcore.apiserver.store import Store
from kcore.client.component import Work
from kcore.client.view import View
from kcore.errors import MisuseError
from kcore.kubelet import KUBELET
from kcore.world.container import ContainerState

SIDECAR = {"name": "s", "image": "proxy:v1", "restartPolicy": "Always"}


def phases(bench):
    """Each phase that was written, when it was first."""
    seen = []
    for clock, request in bench.log:
        if request.verb is Verb.UPDATE and (not seen or seen[-1][1] != request.body.status.phase):
            seen.append((clock, request.body.status.phase))
    return seen


def test_a_bound_pod_runs_after_its_start(bench, pod):
    """It is Pending with a container that is being created, and Running and ready 150 ms after its binding."""
    bench.put(pod())
    bench.run(149)

    assert bench.status()["phase"] == "Pending"
    assert bench.containers() == [("waiting", "ContainerCreating")]
    assert "podIP" not in bench.status()

    bench.run(150)

    assert bench.status()["phase"] == "Running"
    assert bench.containers() == [("running",)]
    assert bench.condition("Ready") == ("True", "")
    assert bench.status()["podIP"] == "10.244.0.2"


def test_a_pod_costs_few_writes(bench, pod):
    """One when it is seen and one when it runs."""
    bench.put(pod())
    bench.run(60_000)

    assert [clock for clock, _ in bench.log] == [0, 150]


def test_a_deleted_pod_is_gone_when_it_has_stopped(bench, pod):
    """Its end is reported before its object is deleted for good, by its uid."""
    bench.put(pod())
    bench.run(1_000)
    bench.delete()
    bench.run(1_149)

    assert bench.status()["phase"] == "Running"
    assert bench.condition("Ready") == ("True", "")

    bench.run(1_150)
    (_, told), (_, deleted) = bench.log[-2:]

    assert bench.pod() is None
    assert bench.sandboxes() == ()
    assert told.body.status.phase == "Failed"
    assert told.body.status.container_statuses[0].state.terminated.exit_code == 143
    assert deleted.verb is Verb.DELETE
    assert (deleted.options.grace_period_seconds, deleted.options.uid) == (0, "u-p")


def test_a_pod_that_does_not_stop_is_killed(new_bench, pod):
    """After the grace period of its deletion, not that of its spec."""
    bench = new_bench(pod_stop=60_000)
    bench.put(pod())
    bench.run(1_000)
    bench.delete(grace=5)
    bench.run(5_999)

    assert bench.pod() is not None

    bench.run(6_000)
    _, told = bench.log[-2]

    assert bench.pod() is None
    assert told.body.status.container_statuses[0].state.terminated.exit_code == 137


def test_a_second_deletion_can_shorten_the_grace(new_bench, pod):
    """The kubelet asks again when there is less time than it was asked for."""
    bench = new_bench(pod_stop=60_000)
    bench.put(pod())
    bench.run(1_000)
    bench.delete(grace=30)
    bench.run(2_000)
    bench.delete(grace=4)
    bench.run(6_000)

    assert bench.pod() is None


@pytest.mark.parametrize("image", ["app:v1", "app:bad"], ids=["while it starts", "while it waits for its image"])
def test_a_pod_can_be_deleted_before_it_runs(bench, pod, image):
    """Nothing has to stop, and what never ran counts as failed."""
    bench.put(pod("p", image))
    bench.run(100 if image == "app:v1" else 1_000)
    bench.delete()
    bench.run(1_500)
    _, told = bench.log[-2]
    (status,) = told.body.status.container_statuses

    assert bench.pod() is None
    assert told.body.status.phase == "Failed"
    assert (status.state.terminated.exit_code, status.state.terminated.reason) == (137, "ContainerStatusUnknown")


def test_a_pod_deleted_before_the_kubelet_saw_it_never_runs(bench, pod):
    """No sandbox is made for it."""
    bench.put(pod(metadata={"deletionTimestamp": "2001-09-09T01:46:40Z", "deletionGracePeriodSeconds": 30}))
    bench.run(1_000)

    assert bench.pod() is None
    assert not bench.world.handed_out


def test_a_finalizer_holds_the_object_but_not_the_containers(bench, pod):
    """The kubelet asks for the deletion once, and then leaves it to whoever set the finalizer."""
    bench.put(pod(metadata={"finalizers": ["example.com/hold"]}))
    bench.run(1_000)
    bench.delete()
    bench.run(60_000)
    deletions = [request for _, request in bench.log if request.verb is Verb.DELETE]

    assert len(deletions) == 1
    assert bench.status()["phase"] == "Failed"
    assert not any(one.running for one in bench.sandboxes())

    bench.remove("p")
    bench.run(61_000)

    assert bench.sandboxes() == ()


def test_what_runs_of_a_pod_that_is_gone_is_stopped(bench, pod):
    """A pod deleted without grace leaves a sandbox, which is stopped within the grace of its spec and removed."""
    bench.put(pod())
    bench.run(1_000)
    bench.delete(grace=0)
    bench.run(1_100)

    assert [one.stopping for one in bench.sandboxes()] == [True]

    bench.run(1_150)

    assert bench.sandboxes() == ()


def test_a_successor_of_the_same_name_does_not_wait(bench, pod):
    """Pods are told apart by uid: after a forced deletion both run for a while, each with its own address."""
    bench.put(pod(uid="u1"))
    bench.run(1_000)
    bench.delete(grace=0)
    bench.put(pod(uid="u2"))
    bench.run(1_100)

    assert sorted(one.id.pod_uid for one in bench.sandboxes()) == ["u1", "u2"]
    assert len({one.address for one in bench.sandboxes()}) == 2

    bench.run(2_000)

    assert [one.id.pod_uid for one in bench.sandboxes()] == ["u2"]
    assert bench.status()["phase"] == "Running"


def test_a_pod_of_another_node_is_none_of_its_business(bench, pod):
    """It starts nothing and writes nothing."""
    bench.put(pod(node="n2"))
    bench.run(1_000)

    assert bench.log == []
    assert bench.sandboxes() == ()


@pytest.mark.parametrize(
    ("image", "policy", "phase", "state"),
    [
        pytest.param("app:exit0", "Never", "Succeeded", ("terminated", 0), id="a pod that ends well"),
        pytest.param("app:exit1", "Never", "Failed", ("terminated", 1), id="a pod that fails"),
        pytest.param("app:exit0", "OnFailure", "Succeeded", ("terminated", 0), id="a pod that need not fail"),
    ],
)
def test_a_pod_that_has_ended_stays(bench, pod, image, policy, phase, state):
    """Its object and its status stay, its sandbox is stopped, and nothing is started again."""
    bench.put(pod("p", image, restartPolicy=policy))
    bench.run(60_000)
    reason = "PodCompleted" if phase == "Succeeded" else "PodFailed"

    assert phases(bench) == [(0, "Pending"), (150, "Running"), (550, phase)]
    assert bench.containers() == [state]
    assert bench.condition("Ready") == ("False", reason)
    assert bench.condition("ContainersReady") == ("False", reason)
    assert [one.stopped for one in bench.sandboxes()] == [True]


def test_a_pod_that_somebody_fails_is_stopped(bench, pod):
    """A terminal phase in the API is final, with the reason that was given for it."""
    bench.put(pod())
    bench.run(1_000)
    status = attrs.evolve(bench.pod().status, phase="Failed", reason="Evicted", message="no room")
    bench.put(attrs.evolve(bench.pod(), status=status))
    bench.run(10_000)

    assert (bench.status()["phase"], bench.status()["reason"]) == ("Failed", "Evicted")
    assert bench.containers() == [("terminated", 143)]
    assert [one.stopped for one in bench.sandboxes()] == [True]


def test_init_containers_run_in_order(bench, pod):
    """Each begins when the one before is through, and the pod is Pending until the last of them is."""
    bench.put(pod("p", "app:v1", init=["setup:exit0", "setup:exit0"]))
    bench.run(600)

    assert bench.containers(kind="initContainerStatuses") == [("terminated", 0), ("waiting", "PodInitializing")]
    assert bench.condition("Initialized") == ("False", "ContainersNotInitialized")

    bench.run(1_200)

    assert bench.containers(kind="initContainerStatuses") == [("terminated", 0), ("terminated", 0)]
    assert bench.containers() == [("waiting", "PodInitializing")]
    assert bench.condition("Initialized") == ("True", "")

    bench.run(1_300)

    assert bench.status()["phase"] == "Running"


def test_an_init_container_without_behavior_is_through_at_once(bench, pod):
    """A manifest of which nothing is said comes up."""
    bench.put(pod("p", "app:v1", init=["busybox"]))
    bench.run(1_000)

    assert bench.status()["phase"] == "Running"
    assert bench.condition("Ready") == ("True", "")


@pytest.mark.parametrize(
    ("policy", "phase", "state"),
    [("Always", "Pending", ("waiting", "CrashLoopBackOff")), ("Never", "Failed", ("terminated", 1))],
    ids=["it is tried again", "or fails the pod"],
)
def test_an_init_container_that_fails_holds_the_pod(bench, pod, policy, phase, state):
    """The regular containers never start."""
    bench.put(pod("p", "app:v1", init=["setup:exit1"], restartPolicy=policy))
    bench.run(2_000)

    assert bench.status()["phase"] == phase
    assert bench.containers(kind="initContainerStatuses") == [state]
    assert bench.containers() == [("waiting", "PodInitializing")]


def test_a_sidecar_is_up_before_and_stops_after(bench, pod):
    """The regular container starts when the sidecar runs, and when it has ended the sidecar is stopped."""
    bench.put(pod("p", "app:exit0", init=[SIDECAR], restartPolicy="Never"))
    bench.run(200)

    assert bench.containers(kind="initContainerStatuses") == [("running",)]
    assert bench.containers() == [("waiting", "PodInitializing")]

    bench.run(500)

    assert (bench.status()["phase"], bench.condition("Ready")) == ("Running", ("True", ""))

    bench.run(10_000)

    assert bench.status()["phase"] == "Succeeded"
    assert bench.containers(kind="initContainerStatuses") == [("terminated", 143)]


def test_without_the_api_server_pods_go_on(bench, pod):
    """Containers are started again though nobody hears of it, and the status is told later."""
    bench.put(pod("p", "app:crash"))
    bench.run(200)
    bench.refusing = True
    bench.run(12_000)
    (sandbox,) = bench.sandboxes()

    assert sandbox.containers[0].restarts == 2
    assert bench.status()["containerStatuses"][0]["restartCount"] == 0

    bench.refusing = False
    bench.run(25_000)

    assert bench.status()["containerStatuses"][0]["restartCount"] == 2


def test_a_deletion_waits_for_the_report(bench, pod):
    """While the end can't be reported, the object is not deleted."""
    bench.put(pod())
    bench.run(1_000)
    bench.delete()
    bench.refusing = True
    bench.run(5_000)

    assert bench.pod() is not None

    bench.refusing = False
    bench.run(8_000)

    assert bench.pod() is None


def test_without_a_runtime_nothing_is_done(bench, pod):
    """The kubelet waits for its runtime and then goes on."""
    machine = bench.world.machine("n1")
    down = bench.world.machines.set("n1", attrs.evolve(machine, runtime_up=False))
    bench.world = attrs.evolve(bench.world, machines=down)
    bench.put(pod())
    bench.run(9_000)

    assert bench.log == []

    bench.world = attrs.evolve(bench.world, machines=down.set("n1", machine))
    bench.run(20_000)

    assert bench.status()["phase"] == "Running"


def test_a_lost_sandbox_is_made_anew(bench, pod):
    """A pod whose containers are gone without a trace starts again, with another address and a restart more."""
    bench.put(pod())
    bench.run(1_000)
    first = bench.status()["podIP"]
    bench.world = attrs.evolve(bench.world, sandboxes=pmap(), of_machine=pmap(), of_pod=pmap())
    bench.add(key_of(bench.pod()))
    bench.run(2_000)
    (status,) = bench.status()["containerStatuses"]

    assert bench.status()["phase"] == "Running"
    assert bench.status()["podIP"] != first
    assert status["restartCount"] == 1


def test_a_pod_in_the_network_of_its_node_has_its_address(bench, pod):
    """From the start on, it is that of the node."""
    bench.put(pod(hostNetwork=True))
    bench.run(10)

    assert (bench.status()["podIP"], bench.status()["hostIP"]) == ("192.168.0.2", "192.168.0.2")


def test_a_kubelet_that_starts_finds_what_is_not_to_run(bench, pod):
    """Of a pod that went while it was down it hears nothing, but it sees what runs."""
    bench.put(pod("p"))
    bench.put(pod("q"))
    bench.run(1_000)
    bench.store = bench.store.remove(key_of(pod("p")))
    (node,) = bench.store.list("Node")
    change = Change(revision=1, key=key_of(node), old=None, new=node)
    for work in KUBELET.watches["Node"](change, bench.store):
        assert work.instance == "n1"
        bench.add(work.key)
    bench.run(1_100)

    assert [(one.pod.name, one.stopping) for one in bench.sandboxes()] == [("p", True), ("q", False)]

    bench.run(2_000)

    assert [one.pod.name for one in bench.sandboxes()] == ["q"]


def test_work_goes_to_the_node_of_the_pod(pod):
    """To the one that it is or was bound to, but never to the one that reports; an unbound pod is nobody's."""

    def works(old, new, reporter=""):
        change = Change(revision=1, key=key_of(pod()), old=old, new=new, reporter=reporter)
        return list(KUBELET.watches["Pod"](change, Store()))

    assert works(None, pod(node="")) == []
    assert works(pod(node=""), pod(node="n1")) == [Work("n1", key_of(pod()))]
    assert works(pod(node="n1"), None) == [Work("n1", key_of(pod()))]
    assert works(pod(node="n1"), pod(node="n1"), "kubelet@n1") == []
    assert works(pod(node="n1"), pod(node="n1"), "kubelet@n2") == [Work("n1", key_of(pod()))]


def test_it_declares_what_it_writes(bench, pod):
    """Of pods it writes what it declares, but for mirrors; of the node, its heartbeats do."""
    bench.put(pod())
    bench.run(1_000)
    bench.delete()
    bench.run(2_000)

    asked = {(request.verb, request.key.kind, request.subresource) for _, request in bench.log}

    assert asked == {tuple(one) for one in KUBELET.writes if one.kind == "Pod" and one.verb is not Verb.CREATE}


def test_a_kubelet_without_a_machine_is_a_mistake():
    """It is given a view of its own machine, never a bare one."""
    with pytest.raises(MisuseError, match="View"):
        KUBELET.reconcile(None, View(Store(), 0), ("Pod", "default", "p"))


def test_what_is_no_pod_is_no_work(bench):
    """A key without a pod and without a sandbox needs nothing."""
    note = from_wire({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "p", "namespace": "default"}})
    bench.store = bench.store.put(note)
    turn = bench.turn(key_of(note))

    assert (turn.requests, turn.actions, turn.wake_at) == ((), (), None)


def test_the_world_is_what_the_status_says(bench, pod):
    """A running container of the API is a running container of the machine."""
    bench.put(pod("p", "app:v1", "app:bad"))
    bench.run(1_000)
    (sandbox,) = bench.sandboxes()

    assert [one.state for one in sandbox.containers] == [ContainerState.RUNNING, ContainerState.WAITING]
    assert bench.containers() == [("running",), ("waiting", "ImagePullBackOff")]
    assert bench.status()["phase"] == "Pending"
