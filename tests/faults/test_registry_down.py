"""The registry is down: what runs goes on, what needs an image waits."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.faults.registry_down import BUDGET, RegistryDown, RegistryUp
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.users.delete import Delete

MODEL = build_model()
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "a:1"}]},
}


def then(state, event):
    step = MODEL.step(state, event)
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state).state


def quiet(**budget):
    room = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
    return boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=room)], budget=FrozenMap(budget)))


def pod(state):
    return state.store.get(ObjectKey("Pod", "default", "p"))


def applied(state, image="a:1"):
    spec = {"containers": [{"name": "c", "image": image}]}
    return then(state, Apply(objects=(Json.of({**POD, "spec": spec}),)))


def test_what_runs_goes_on_without_a_registry():
    """And what is started of an image that is there, too."""
    state = then(applied(quiet()), RegistryDown())

    assert pod(state).status.phase == "Running"

    state = then(state, Delete(target=Target(kind="Pod", namespace="default", name="p")))

    assert pod(applied(state)).status.phase == "Running"


@pytest.mark.parametrize("image", ["a:1", "a"], ids=["by its tag", "the latest"])
def test_a_pod_on_a_fresh_machine_waits_for_the_registry(image):
    """And runs when it is back."""
    state = applied(then(quiet(), RegistryDown()), image)
    (status,) = pod(state).status.container_statuses

    assert status.state.waiting.reason in {"ErrImagePull", "ImagePullBackOff"}

    state = then(state, RegistryUp())
    state = settle(MODEL, state, quiet=400_000).state

    assert pod(state).status.phase == "Running"


def test_the_registry_fails_once_and_is_mended_once():
    """Each refuses what is so already."""
    state = quiet(**{BUDGET: 1})

    assert RegistryDown() in MODEL.enabled(state)
    assert isinstance(MODEL.step(state, RegistryUp()), Refusal)

    state = then(state, RegistryDown())

    assert isinstance(MODEL.step(state, RegistryDown()), Refusal)
    assert RegistryUp() in MODEL.enabled(state)
