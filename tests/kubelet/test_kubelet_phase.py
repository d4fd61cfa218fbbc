"""The phase table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import structure
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.podspec import PodSpec
from kcore.kubelet.phase import PHASES, Tally, phase_of, tally_of

WAITING = {"state": {"waiting": {"reason": "ContainerCreating"}}}
RUNNING = {"state": {"running": {}}, "started": True}
COMING_UP = {"state": {"running": {}}, "started": False}
SUCCEEDED = {"state": {"terminated": {"exitCode": 0}}}
FAILED = {"state": {"terminated": {"exitCode": 1}}}
AGAIN = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 1}}}
MISSING = None


def phase(policy, *regular, init=(), sidecars=(), terminal=False):
    """The phase of a pod whose containers have these statuses."""
    named = [(f"c{at}", one, {}) for at, one in enumerate(regular)]
    before = [(f"i{at}", one, {}) for at, one in enumerate(init)]
    before += [(f"s{at}", one, {"restartPolicy": "Always"}) for at, one in enumerate(sidecars)]
    spec = structure(
        PodSpec,
        {
            "containers": [{"name": name} for name, _, _ in named],
            "initContainers": [{"name": name, **more} for name, _, more in before],
        },
    )
    statuses = [structure(ContainerStatus, {"name": name, **one}) for name, one, _ in (*named, *before) if one]
    return phase_of(tally_of(spec, statuses), policy, terminal=terminal)


@pytest.mark.parametrize(
    ("policy", "regular", "expected"),
    [
        pytest.param("Always", [WAITING], "Pending", id="a container was not started yet"),
        pytest.param("Always", [RUNNING, WAITING], "Pending", id="one of two was not started yet"),
        pytest.param("Always", [RUNNING], "Running", id="all run"),
        pytest.param("Always", [RUNNING, FAILED], "Running", id="one still runs"),
        pytest.param("Always", [RUNNING, MISSING], "Pending", id="nothing is known of one"),
        pytest.param("Always", [MISSING], "Pending", id="nothing is known of any"),
        pytest.param("Always", [SUCCEEDED], "Running", id="Always starts it again after success"),
        pytest.param("Always", [AGAIN], "Running", id="a crash loop is Running"),
        pytest.param("OnFailure", [SUCCEEDED], "Succeeded", id="OnFailure is content with success"),
        pytest.param("OnFailure", [FAILED], "Running", id="OnFailure starts it again after failure"),
        pytest.param("OnFailure", [AGAIN, SUCCEEDED], "Running", id="OnFailure waits to start one again"),
        pytest.param("Never", [SUCCEEDED, SUCCEEDED], "Succeeded", id="Never with success only"),
        pytest.param("Never", [SUCCEEDED, FAILED], "Failed", id="Never with one failure"),
        pytest.param("", [SUCCEEDED], "Running", id="no policy is Always"),
    ],
)
def test_the_phase_follows_the_containers(policy, regular, expected):
    """One word for all containers, by the restart policy."""
    assert phase(policy, *regular) == expected


@pytest.mark.parametrize(
    ("policy", "regular", "expected"),
    [
        pytest.param("Always", [SUCCEEDED], "Succeeded", id="all ended well"),
        pytest.param("Always", [SUCCEEDED, FAILED], "Failed", id="one ended badly"),
        pytest.param("OnFailure", [AGAIN], "Failed", id="one that waited to start again"),
        pytest.param("Always", [RUNNING], "Running", id="one still runs"),
    ],
)
def test_a_pod_that_runs_no_more_has_ended(policy, regular, expected):
    """When nothing will be started again, the policy does not count."""
    assert phase(policy, *regular, terminal=True) == expected


@pytest.mark.parametrize(
    ("policy", "init", "regular", "expected"),
    [
        pytest.param("Always", RUNNING, WAITING, "Pending", id="an init container runs"),
        pytest.param("Always", MISSING, MISSING, "Pending", id="nothing has begun"),
        pytest.param("Always", AGAIN, WAITING, "Pending", id="an init container is tried again"),
        pytest.param("Never", FAILED, WAITING, "Failed", id="an init container failed for good"),
        pytest.param("Always", SUCCEEDED, RUNNING, "Running", id="through"),
        pytest.param("Always", WAITING, RUNNING, "Running", id="what runs has been initialized"),
    ],
)
def test_init_containers_come_first(policy, init, regular, expected):
    """Until they are through the pod is Pending, and one that fails for good fails the pod."""
    assert phase(policy, regular, init=[init]) == expected


@pytest.mark.parametrize(
    ("sidecar", "regular", "expected"),
    [
        pytest.param(WAITING, WAITING, "Pending", id="the sidecar was not started yet"),
        pytest.param(COMING_UP, WAITING, "Pending", id="the sidecar comes up"),
        pytest.param(RUNNING, RUNNING, "Running", id="both run"),
        pytest.param(RUNNING, SUCCEEDED, "Running", id="the sidecar holds the pod"),
        pytest.param(SUCCEEDED, SUCCEEDED, "Succeeded", id="a sidecar that stopped does not count"),
        pytest.param(FAILED, SUCCEEDED, "Succeeded", id="nor does how it ended"),
        pytest.param(AGAIN, RUNNING, "Running", id="a sidecar is started again"),
    ],
)
def test_sidecars_run_beside(sidecar, regular, expected):
    """The pod runs as long as they do, and how they end is no matter."""
    assert phase("Never", regular, sidecars=[sidecar]) == expected


COUNTS = st.integers(0, 2)
TALLIES = st.builds(
    Tally,
    pending_initialization=COUNTS,
    failed_initialization=COUNTS,
    unknown=COUNTS,
    waiting=COUNTS,
    running=COUNTS,
    stopped=COUNTS,
    succeeded=COUNTS,
    started=st.booleans(),
)
POLICIES = st.sampled_from(["", "Always", "OnFailure", "Never"])


@given(TALLIES, POLICIES, st.booleans())
def test_every_tally_has_a_phase(tally, policy, terminal):
    """The table is total."""
    assert phase_of(tally, policy, terminal=terminal) in {"Pending", "Running", "Succeeded", "Failed"}


STATUSES = st.sampled_from([WAITING, RUNNING, COMING_UP, SUCCEEDED, FAILED, AGAIN, MISSING])


@given(st.lists(STATUSES, min_size=1, max_size=3), POLICIES, st.lists(STATUSES, max_size=2))
def test_a_pod_that_always_restarts_never_ends_by_itself(regular, policy, init):
    """Only Never and OnFailure let a pod end while it is wanted."""
    expected = (
        {"Pending", "Running", "Succeeded", "Failed"} if policy in {"Never", "OnFailure"} else {"Pending", "Running"}
    )

    assert phase(policy, *regular, init=init) in expected


def test_every_row_of_the_table_is_reached():
    """No row stands in the shadow of those before it."""
    counts = [0, 1]
    reached = set()
    for pending in counts:
        for failed in counts:
            for unknown, waiting, running in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)):
                for stopped, succeeded in ((0, 0), (1, 0), (1, 1)):
                    tally = Tally(
                        pending_initialization=pending,
                        failed_initialization=failed,
                        unknown=unknown,
                        waiting=waiting,
                        running=running,
                        stopped=stopped,
                        succeeded=succeeded,
                    )
                    for policy in ("Always", "OnFailure", "Never"):
                        for terminal in (False, True):
                            rows = (at for at, (applies, _) in enumerate(PHASES) if applies(tally, policy, terminal))
                            reached.add(next(rows))

    assert reached == set(range(len(PHASES)))
