"""Invariants of ConfigMaps and Secrets, on states made by hand: those that meet them and those that break them."""

from __future__ import annotations

import attrs
import pytest
from invariant_models.judging import blamed, witnessed
from invariant_models.states import cluster, meta, pod

from kcore.api.frozenmap import FrozenMap
from kcore.api.object import ObjectKey
from kcore.world.actions import CreateSandbox, StartContainer, WriteFiles
from kcore.world.configuration import Configuration
from kcore.world.sandbox import SandboxId

ID = SandboxId("n1", "p")
LAW = "containers-have-what-they-require"
QUESTION = "running-pods-hold-the-latest-configuration"
RED = FrozenMap({"COLOR": "red"})
FILES = FrozenMap({"cfg": FrozenMap({"color": "red"})})


def config_map(color="red"):
    return {**meta("ConfigMap", "web"), "data": {"color": color}}


def with_env(**more):
    ref = {"name": "web", "key": "color", **more}
    env = [{"name": "COLOR", "valueFrom": {"configMapKeyRef": ref}}]
    return pod("p", spec={"containers": [{"name": "c", "image": "a:1", "env": env}]})


def with_all():
    env_from = [{"configMapRef": {"name": "web"}}]
    return pod("p", spec={"containers": [{"name": "c", "image": "a:1", "envFrom": env_from}]})


def with_volume():
    volumes = [{"name": "cfg", "configMap": {"name": "web"}}]
    return pod("p", spec={"containers": [{"name": "c", "image": "a:1"}], "volumes": volumes})


def running(*objects, environment=None, sources=("ConfigMap/web",), files=None):
    """The state in which the container of the pod p runs with this."""
    state = cluster(*objects)
    given = None if environment is None else Configuration(environment=environment, sources=sources)
    world = state.world.act(CreateSandbox(id=ID, pod=ObjectKey("Pod", "default", "p"), grace=30), state.now)
    if files is not None:
        world = world.act(WriteFiles(id=ID, files=files), state.now)
    world = world.act(StartContainer(id=ID, name="c", image="a:1", configuration=given), state.now)
    world, _ = world.fire(state.now + 60_000)
    return attrs.evolve(state, world=world)


ROWS = [
    pytest.param(LAW, running(with_env(), environment=RED), (), id="a variable that is there"),
    pytest.param(LAW, running(with_env()), ("Pod/p",), id="nothing is there"),
    pytest.param(
        LAW,
        running(with_env(), environment=FrozenMap({}), sources=("ConfigMap/web",)),
        ("Pod/p",),
        id="the variable is not there",
    ),
    pytest.param(
        LAW, running(with_all(), environment=FrozenMap({}), sources=()), ("Pod/p",), id="the object is not there"
    ),
    pytest.param(LAW, running(with_env(optional=True)), (), id="an optional one is not there"),
    pytest.param(LAW, running(with_volume(), files=FILES), (), id="a volume that is there"),
    pytest.param(LAW, running(with_volume()), ("Pod/p",), id="a volume that is not there"),
    pytest.param(QUESTION, running(config_map(), with_env(), environment=RED), (), id="the latest variable"),
    pytest.param(QUESTION, running(config_map("blue"), with_env(), environment=RED), ("Pod/p",), id="an old variable"),
    pytest.param(QUESTION, running(config_map(), with_volume(), files=FILES), (), id="the latest files"),
    pytest.param(QUESTION, running(config_map("blue"), with_volume(), files=FILES), ("Pod/p",), id="old files"),
]


@pytest.mark.parametrize(("name", "state", "things"), ROWS)
def test_a_state_is_judged(name, state, things):
    """The invariant blames the pod that breaks it, or nobody."""
    assert tuple(one.replace("/default", "") for one in blamed(name, state)) == things
    assert witnessed(name, state)


@pytest.mark.parametrize("name", [LAW, QUESTION])
def test_nothing_is_said_of_pods_without_configuration(name):
    """They do not witness the invariant."""
    assert not witnessed(name, running(pod("p")))
