"""Images: pull policies, pulls that fail, and the back-off between them."""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest

from kcore.api.convert import from_wire
from kcore.world.disturb import with_registry

NODE_WITH_AN_IMAGE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "n1"},
    "status": {"images": [{"names": ["app:v1"]}]},
}


def running(policy):
    return {"containers": [{"name": "c0", "image": "app:v1", "imagePullPolicy": policy}]}


def waiting(bench, name="p"):
    return bench.status(name)["containerStatuses"][0]["state"].get("waiting")


def without_registry(bench):
    bench.world = with_registry(bench.world, up=False)


def with_image(bench):
    bench.store = bench.store.put(from_wire(NODE_WITH_AN_IMAGE))


def pulls(bench, until):
    """When a pull began that failed later, in ms since the bench began."""
    seen = []
    while bench.clock < until:
        bench.run(bench.clock + 50)
        one = bench.sandboxes()[0].containers[0]
        if one.state.value == "starting" and (not seen or seen[-1] != one.since):
            seen.append(one.since)
    return [one - 1_000_000_000_000 for one in seen]


POLICIES = [
    pytest.param("IfNotPresent", False, True, None, id="it is pulled where it is not there"),
    pytest.param("IfNotPresent", True, False, None, id="nobody is asked where it is there"),
    pytest.param("IfNotPresent", False, False, "ErrImagePull", id="nobody answers where it is not there"),
    pytest.param("Always", True, False, "ErrImagePull", id="the registry is always asked"),
    pytest.param("Always", True, True, None, id="the registry is asked and answers"),
    pytest.param("Never", False, True, "ErrImageNeverPull", id="it is never pulled"),
    pytest.param("Never", True, False, None, id="it is there and never pulled"),
]


@pytest.mark.parametrize(("policy", "present", "up", "reason"), POLICIES)
def test_the_policy_decides_who_asks_the_registry(bench, pod, policy, present, up, reason):
    """An image is used as it is, asked for, or missed."""
    if present:
        with_image(bench)
    if not up:
        without_registry(bench)
    bench.put(pod(**running(policy)))
    bench.run(200)

    assert (waiting(bench) or {}).get("reason") == reason


def test_an_image_is_pulled_once_a_machine(bench, pod):
    """The next pod of it needs no registry."""
    bench.put(pod("p"))
    bench.run(1_000)
    without_registry(bench)
    bench.put(pod("q"))
    bench.run(2_000)

    assert bench.status("q")["phase"] == "Running"


def test_a_pull_that_fails_is_made_again_with_longer_pauses(bench, pod):
    """10 s after the first failure, then 20 s and 40 s."""
    without_registry(bench)
    bench.put(pod())

    assert pulls(bench, 72_000) == [0, 10_150, 30_300, 70_450]


def test_a_pull_is_put_off_for_five_minutes_at_most(bench, pod):
    """However often it failed."""
    without_registry(bench)
    bench.put(pod())
    at = pulls(bench, 1_500_000)

    assert [after - before for before, after in pairwise(at)][-2:] == [300_150, 300_150]


def test_the_status_says_what_the_pull_came_to(bench, pod):
    """ErrImagePull when it has failed, ImagePullBackOff a second later."""
    without_registry(bench)
    bench.put(pod())
    bench.run(150)
    message = 'failed to pull image "app:v1": the registry does not answer'

    assert waiting(bench) == {"reason": "ErrImagePull", "message": message}

    bench.run(1_150)

    assert waiting(bench) == {
        "reason": "ImagePullBackOff",
        "message": f'Back-off pulling image "app:v1": ErrImagePull: {message}',
    }
    assert bench.status()["phase"] == "Pending"


def test_a_registry_that_is_back_is_noticed_at_the_next_pull(bench, pod):
    """Not before."""
    without_registry(bench)
    bench.put(pod())
    bench.run(1_000)
    bench.world = with_registry(bench.world, up=True)
    bench.run(10_200)

    assert waiting(bench)["reason"].startswith("ErrImagePull")

    bench.run(10_300)

    assert bench.containers() == [("running",)]
    assert bench.status()["containerStatuses"][0]["restartCount"] == 0


def test_a_container_that_always_pulls_does_not_come_back_without_a_registry(bench, pod):
    """A crash is enough to miss it."""
    bench.put(pod(containers=[{"name": "c0", "image": "app:exit1", "imagePullPolicy": "Always"}]))
    bench.run(200)
    without_registry(bench)
    bench.run(2_000)

    assert waiting(bench)["reason"] == "ImagePullBackOff"
    assert bench.status()["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 1


def test_a_running_container_needs_no_registry(bench, pod):
    """It goes on as it is."""
    bench.put(pod())
    bench.run(1_000)
    without_registry(bench)
    bench.run(600_000)

    assert bench.containers() == [("running",)]
    assert attrs.asdict(bench.sandboxes()[0].containers[0])["restarts"] == 0
