"""Probes and hooks: what a kubelet learns of its containers, when, and what it does then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.core.probe import ExecAction, LifecycleHandler, SleepAction
from kcore.api.object import ObjectKey
from kcore.kubelet.hooks import duration_of
from kcore.world.disturb import with_readiness

BEGIN = 1_000_000_000_000
P = ObjectKey("Pod", "default", "p")


def probe(period=10, failures=3, delay=0, successes=1, timeout=1, **more):
    return {
        "tcpSocket": {"port": 80},
        "periodSeconds": period,
        "failureThreshold": failures,
        "initialDelaySeconds": delay,
        "successThreshold": successes,
        "timeoutSeconds": timeout,
        **more,
    }


def probed(image="app:v1", **probes):
    return {"containers": [{"name": "c0", "image": image, **probes}]}


def ready(bench):
    return bench.status()["containerStatuses"][0]["ready"]


def restarts(bench):
    return bench.sandboxes()[0].containers[0].restarts


def set_ready(bench, ready):
    """Have the process say that it is ready, or not; the kubelet looks at its pod."""
    bench.world = with_readiness(bench.world, "n1", P, bench.now, ready=ready)
    bench.add(P)


def changes(bench, what, until, step=50):
    """When `what` changes, in ms since the bench began, with its new value."""
    seen = [(0, what(bench) if bench.pod().status.container_statuses else False)]
    while bench.clock < until:
        bench.run(bench.clock + step)
        if seen[-1][1] != what(bench):
            seen.append((bench.clock, what(bench)))
    return seen[1:]


READY_AT = [
    pytest.param(probed(), 150, id="without a probe at once"),
    pytest.param(probed(readinessProbe=probe()), 150, id="at the first probe"),
    pytest.param(probed(readinessProbe=probe(delay=5)), 5_150, id="after the delay"),
    pytest.param(probed(readinessProbe=probe(successes=3)), 20_150, id="after so many successes"),
    pytest.param(probed("app:slow", readinessProbe=probe(delay=5)), 35_150, id="at the first probe after it is up"),
    pytest.param(probed("app:slow", readinessProbe=probe(period=7)), 35_150, id="at the first of its period"),
    pytest.param(
        probed("app:slow", readinessProbe=probe(period=7), startupProbe=probe(failures=10)),
        35_150,
        id="after the startup probe",
    ),
    pytest.param(
        probed(readinessProbe=probe(period=5), startupProbe=probe(delay=7)), 10_150, id="not before the startup probe"
    ),
]


@pytest.mark.parametrize(("spec", "at"), READY_AT)
def test_a_container_is_ready_when_its_probe_says_so(bench, pod, spec, at):
    """Not a moment sooner."""
    bench.put(pod(**spec))
    bench.run(0)

    assert changes(bench, ready, 60_000) == [(at, True)]


def test_readiness_is_lost_after_so_many_failures(bench, pod):
    """Three in a row, and regained after one success."""
    bench.put(pod(**probed(readinessProbe=probe(period=5))))
    bench.run(12_000)
    set_ready(bench, ready=False)

    assert changes(bench, ready, 40_000) == [(25_150, False)]

    set_ready(bench, ready=True)

    assert changes(bench, ready, 60_000)[-1] == (40_150, True)
    assert restarts(bench) == 0


def test_readiness_that_comes_back_in_time_is_not_lost(bench, pod):
    """Two failures are not three."""
    bench.put(pod(**probed(readinessProbe=probe(period=5))))
    bench.run(12_000)
    set_ready(bench, ready=False)
    bench.run(21_000)
    set_ready(bench, ready=True)

    assert changes(bench, ready, 60_000)[1:] == []
    assert ready(bench)


def test_a_container_that_hangs_is_killed_and_started_again(bench, pod):
    """At the third probe that nobody answers within a second; the process stops when it is asked to."""
    bench.put(pod(**probed("app:hangs", livenessProbe=probe())))
    bench.run(0)

    assert changes(bench, restarts, 100_000) == [(81_300, 1)]
    assert bench.status()["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 143


def test_a_container_that_hangs_without_a_liveness_probe_hangs_on(bench, pod):
    """It is only not ready."""
    bench.put(pod(**probed("app:hangs", readinessProbe=probe())))
    bench.run(200_000)

    assert restarts(bench) == 0
    assert not ready(bench)
    assert bench.status()["phase"] == "Running"


def test_a_slow_start_is_killed_by_an_eager_liveness_probe(bench, pod):
    """Over and over, with the back-off of a crash loop."""
    bench.put(pod(**probed("app:slow", livenessProbe=probe())))
    bench.run(60_000)

    assert restarts(bench) >= 1

    bench.run(120_000)

    assert bench.status()["containerStatuses"][0]["restartCount"] >= 2


PATIENT = [
    pytest.param({"livenessProbe": probe(delay=15)}, id="a delay"),
    pytest.param({"livenessProbe": probe(failures=5)}, id="more failures"),
    pytest.param({"livenessProbe": probe(), "startupProbe": probe(failures=4)}, id="a startup probe"),
]


@pytest.mark.parametrize("probes", PATIENT)
def test_a_slow_start_is_left_alone_with_patience(bench, pod, probes):
    """It is up after 30 s."""
    bench.put(pod(**probed("app:slow", **probes)))
    bench.run(300_000)

    assert restarts(bench) == 0


def test_a_startup_probe_that_never_succeeds_kills(bench, pod):
    """After its last failure, and the container was never started as far as the status goes."""
    bench.put(pod(**probed("app:slow", startupProbe=probe(failures=2))))
    bench.run(10_000)

    assert bench.status()["containerStatuses"][0]["started"] is False

    bench.run(11_000)

    assert restarts(bench) == 1


def test_a_killed_container_has_the_grace_of_its_probe(new_bench, pod):
    """And else that of its pod."""
    bench = new_bench(pod_stop=600_000)
    bench.put(pod(**probed("app:hangs", livenessProbe=probe(terminationGracePeriodSeconds=5))))
    bench.run(86_149)

    assert restarts(bench) == 0

    bench.run(86_400)

    assert restarts(bench) == 1
    assert bench.status()["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137


def test_probes_cost_no_turns_while_nothing_changes(bench, pod):
    """However often they are made."""
    bench.put(pod(**probed(readinessProbe=probe(period=1), livenessProbe=probe(period=1))))
    bench.run(10_000)
    turns = bench.turns
    bench.run(3_600_000)

    assert bench.turns == turns


def test_the_next_container_waits_for_the_startup_probe_of_a_sidecar(bench, pod):
    """A sidecar that runs is not yet one that is up."""
    sidecar = {"name": "s", "image": "proxy:slow", "restartPolicy": "Always", "startupProbe": probe(failures=10)}
    bench.put(pod(init=[sidecar]))
    bench.run(30_100)

    assert bench.sandboxes()[0].container("c0") is None

    bench.run(30_500)

    assert bench.containers() == [("running",)]
    assert bench.condition("Initialized") == ("True", "")


def test_a_readiness_probe_does_not_make_a_deleted_pod_ready(bench, pod):
    """While it stops it is as ready as it was."""
    bench.put(pod(**probed("app:slow", readinessProbe=probe())))
    bench.run(1_000)
    bench.delete()
    bench.run(1_100)

    assert bench.condition("Ready")[0] == "False"


def hooked(**lifecycle):
    return {"containers": [{"name": "c0", "image": "app:v1", "lifecycle": lifecycle}]}


SLEEP = {"sleep": {"seconds": 10}}


def test_a_stop_waits_for_the_hook(bench, pod):
    """The process ends as it would, only later."""
    bench.put(pod(**hooked(preStop=SLEEP)))
    bench.run(1_000)
    bench.delete(grace=30)
    bench.run(11_149)

    assert bench.pod() is not None

    bench.run(11_150)
    _, reported = bench.log[-2]

    assert bench.pod() is None
    assert reported.body.status.container_statuses[0].state.terminated.exit_code == 143


def test_a_hook_that_takes_all_the_grace_leaves_two_seconds(new_bench, pod):
    """Then the process is killed."""
    bench = new_bench(pod_stop=60_000)
    bench.put(pod(**hooked(preStop=SLEEP)))
    bench.run(1_000)
    bench.delete(grace=5)
    bench.run(7_999)

    assert bench.pod() is not None

    bench.run(8_000)

    assert bench.pod() is None


def test_a_start_waits_for_the_hook(bench, pod):
    """The container is being created until it is through."""
    bench.put(pod(**hooked(postStart=SLEEP)))
    bench.run(10_149)

    assert bench.containers() == [("waiting", "ContainerCreating")]

    bench.run(10_150)

    assert bench.containers() == [("running",)]


HOOKS = [
    pytest.param(LifecycleHandler(sleep=SleepAction(seconds=3)), 3_000, id="a sleep"),
    pytest.param(LifecycleHandler(exec=ExecAction(command=("sleep", "15"))), 15_000, id="the command sleep"),
    pytest.param(
        LifecycleHandler(exec=ExecAction(command=("/bin/sh", "-c", "nginx -s quit; sleep 5"))), 5_000, id="in a shell"
    ),
    pytest.param(LifecycleHandler(exec=ExecAction(command=("nginx", "-s", "quit"))), 0, id="another command"),
    pytest.param(None, 0, id="none"),
]


@pytest.mark.parametrize(("handler", "milliseconds"), HOOKS)
def test_a_hook_takes_its_time(handler, milliseconds):
    """As far as it can be read."""
    assert duration_of(handler) == milliseconds


@given(period=st.integers(1, 30), failures=st.integers(1, 5), delay=st.integers(0, 60))
def test_a_liveness_probe_kills_a_hanging_container_in_time(new_bench, pod, period, failures, delay):
    """Not before it has failed so often since the container hung, and within one more period and the timeout."""
    bench = new_bench()
    bench.put(pod(**probed("app:hangs", livenessProbe=probe(period=period, failures=failures, delay=delay))))
    hung = max(60_000, delay * 1000) + 150
    spare = 1_000 + 150
    bench.run(hung + (failures - 1) * period * 1000 - 1)

    assert restarts(bench) == 0

    bench.run(hung + failures * period * 1000 + spare + 100)

    assert restarts(bench) == 1
