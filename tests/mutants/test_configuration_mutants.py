"""A wrong kubelet that starts containers without what they require, and the law that catches it."""

from __future__ import annotations

import pytest

from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.cluster.target import Target
from kcore.invariants.table import INVARIANTS
from kcore.kubelet import setup
from kcore.kubelet.configuration import Files
from kcore.machine import Refusal
from kcore.model import NodeSpec, Plan, advance, boot, build_model, settle
from kcore.users.apply import Apply
from kcore.users.patch import Patch
from kcore.world.configuration import Configuration, Failure

MODEL = build_model()
ROOM = FrozenMap({"cpu": "4", "memory": "8Gi", "pods": "110"})
LAW = "containers-have-what-they-require"
QUESTION = "running-pods-hold-the-latest-configuration"
REF = {"name": "COLOR", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "color"}}}
BLUE = Patch(
    target=Target(kind="ConfigMap", namespace="default", name="web"), patch=Json.of({"data": {"color": "blue"}})
)
WITH_ENV = {"containers": [{"name": "c", "image": "a:1", "env": [REF]}]}
WITH_VOLUME = {
    "containers": [{"name": "c", "image": "a:1"}],
    "volumes": [{"name": "cfg", "configMap": {"name": "web"}}],
}


def pod(spec):
    return Json.of({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})


def config_map(color):
    return Json.of({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"color": color}})


def then(state, *objects):
    step = MODEL.step(state, Apply(objects=objects))
    assert not isinstance(step, Refusal), step
    return settle(MODEL, step.state).state


def started(spec):
    """A pod that was applied without its ConfigMap, when the cluster is at rest."""
    return then(boot(MODEL, Plan(nodes=[NodeSpec(name="n1", capacity=ROOM)])), pod(spec))


def holds(name, state):
    return INVARIANTS[name].property.holds(state) is True


def running(state):
    return state.store.get(ObjectKey("Pod", "default", "p")).status.phase == "Running"


@pytest.fixture
def careless_kubelet(monkeypatch):
    """A kubelet that takes what is missing for empty."""
    resolve = setup.configuration_of

    def careless(*args):
        found = resolve(*args)
        return Configuration() if isinstance(found, Failure) else found

    monkeypatch.setattr(setup, "configuration_of", careless)
    monkeypatch.setattr(setup, "files_of", lambda *_: Files(FrozenMap(), FrozenMap()))


@pytest.mark.usefixtures("careless_kubelet")
@pytest.mark.parametrize("spec", [WITH_ENV, WITH_VOLUME], ids=["a variable", "a volume"])
def test_a_kubelet_that_starts_without_is_caught(spec):
    """By the law that containers have what they require."""
    assert not holds(LAW, started(spec))


@pytest.mark.parametrize("spec", [WITH_ENV, WITH_VOLUME], ids=["a variable", "a volume"])
def test_the_real_one_waits_and_starts_when_it_comes(spec):
    """The law holds all along, and says something in the end."""
    state = started(spec)

    assert not running(state)
    assert holds(LAW, state)

    state = then(state, config_map("red"))
    state = advance(MODEL, state, state.now + 30_000)

    assert running(state)
    assert holds(LAW, state)
    assert INVARIANTS[LAW].witness.met(state)


@pytest.mark.parametrize(("spec", "latest"), [(WITH_ENV, False), (WITH_VOLUME, True)], ids=["a variable", "a volume"])
def test_what_runs_is_behind_for_a_while_or_for_ever(spec, latest):
    """Files follow within a minute or so; an environment does not."""
    state = then(started(spec), config_map("red"))
    state = advance(MODEL, state, state.now + 30_000)
    state = settle(MODEL, MODEL.step(state, BLUE).state).state

    assert not holds(QUESTION, state)
    assert holds(QUESTION, advance(MODEL, state, state.now + 60_000)) is latest
