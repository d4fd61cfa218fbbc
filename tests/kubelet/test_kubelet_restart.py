"""Restarts: the policies and the crash-loop back-off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.apiserver.store import Store
from kcore.client.view import View
from kcore.kubelet.restart import EXPIRY, INITIAL, MAXIMUM, go_duration, restart_of, should_restart
from kcore.world.container import Exit


def starts(bench, until):
    """When the container of the only sandbox began, each time, in ms since the bench began."""
    seen = []
    while bench.clock < until:
        bench.run(bench.clock + 100)
        started = bench.sandboxes()[0].containers[0].started
        if started is not None and (not seen or seen[-1] != started):
            seen.append(started)
    return [one - 1_000_000_000_000 for one in seen]


def test_the_first_restart_is_at_once_then_the_delay_doubles(bench, pod):
    """After the end of each run of 400 ms: at once, 10 s, 20 s, 40 s."""
    bench.put(pod("p", "app:crash"))

    assert starts(bench, 75_000) == [150, 550, 10_950, 31_350, 71_750]


def test_a_crash_loop_says_how_long_it_waits(bench, pod):
    """The pod stays Running, the container waits, and its last end is told."""
    bench.put(pod("p", "app:crash"))
    bench.run(5_000)
    (status,) = bench.status()["containerStatuses"]

    assert bench.status()["phase"] == "Running"
    assert status["state"]["waiting"] == {
        "reason": "CrashLoopBackOff",
        "message": "back-off 10s restarting failed container=c0 pod=p_default(u-p)",
    }
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert (status["restartCount"], status["ready"]) == (1, False)
    assert bench.condition("ContainersReady") == ("False", "ContainersNotReady")


def test_a_crash_loop_tells_the_latest_end(bench, pod):
    """While a container waits, the state before is the run that has just ended, not the one before that."""
    bench.put(pod("p", "app:crash"))
    bench.run(15_000)
    (status,) = bench.status()["containerStatuses"]

    assert status["lastState"]["terminated"] == {
        "exitCode": 1,
        "reason": "Error",
        "startedAt": "2001-09-09T01:46:50Z",
        "finishedAt": "2001-09-09T01:46:51Z",
    }


def test_a_crash_is_told_before_the_restart(bench, pod):
    """Whoever looks sees Terminated for a moment."""
    bench.put(pod("p", "app:crash"))
    bench.run(560)
    told = [request.body.status.container_statuses[0] for clock, request in bench.log if clock == 550]

    assert [one.state.terminated is not None for one in told] == [True, False]
    assert [one.restart_count for one in told] == [0, 1]


def test_only_the_container_that_crashed_waits(bench, pod):
    """The back-off is each container's own."""
    bench.put(pod("p", "app:crash", "app:v1"))
    bench.run(5_000)

    assert bench.containers() == [("waiting", "CrashLoopBackOff"), ("running",)]


def test_a_successor_starts_with_a_clean_slate(bench, pod):
    """The back-offs of a pod are not those of another of its name."""
    bench.put(pod("p", "app:crash", uid="u1"))
    bench.run(25_000)
    bench.delete(grace=0)
    bench.put(pod("p", "app:crash", uid="u2"))
    bench.run(25_700)

    assert bench.status()["containerStatuses"][0]["restartCount"] == 1


@pytest.mark.parametrize(
    ("policy", "after_success", "after_failure"),
    [("Always", True, True), ("OnFailure", False, True), ("Never", False, False), ("", True, True)],
)
def test_the_policy_decides(policy, after_success, after_failure):
    """Whether a container starts again depends on how it ended; Always is the default."""
    assert should_restart(policy, 0) is after_success
    assert should_restart(policy, 1) is after_failure


def at(now):
    return View(Store(), now)


def test_a_long_run_wipes_the_slate():
    """After a run of more than ten minutes the next restart is at once, and the delay begins anew."""
    long = Exit(code=1, started=0, finished=EXPIRY + 1)
    short = Exit(code=1, started=0, finished=EXPIRY)

    assert restart_of(long, "Always", MAXIMUM, at(EXPIRY + 1)).delay == INITIAL
    assert restart_of(long, "Always", MAXIMUM, at(EXPIRY + 1)).now
    assert not restart_of(short, "Always", MAXIMUM, at(EXPIRY)).now


@given(st.integers(0, 50))
def test_the_delay_never_exceeds_five_minutes(crashes):
    """However often it crashes, it waits 300 s at most."""
    delay, now = None, 0
    for _ in range(crashes):
        restart = restart_of(Exit(code=1, started=now, finished=now), "Always", delay, at(now + MAXIMUM))
        delay, now = restart.delay, now + MAXIMUM

    assert delay is None or INITIAL <= delay <= MAXIMUM


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(10_000, "10s"), (60_000, "1m0s"), (160_000, "2m40s"), (300_000, "5m0s")]
)
def test_durations_read_as_in_go(milliseconds, text):
    """Minutes and seconds, without blanks."""
    assert go_duration(milliseconds) == text
