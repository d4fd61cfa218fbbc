"""Scenario: a cluster, a list of steps and what a real cluster did, read from a file.

`expect` and `expectResponses` are kept as they stand: whoever compares reads them. `shows` is what a scenario of one's
own says of the cluster after a step.
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError
from kcore.model import NodeSpec
from kcore.verify.configured import configured
from kcore.verify.metrics import parse_metrics, size
from kcore.verify.nodes import parse_nodes
from kcore.verify.reader import Locate, Reader
from kcore.verify.shown import Shown, parse_shown
from kcore.verify.steps import ScenarioStep, Settle, parse_step
from kcore.world.metrics import NO_METRICS, Metrics
from kcore.world.world import Behavior

API_VERSION = "kcore/v1"
SPEC_KINDS = frozenset({(API_VERSION, "Scenario"), (API_VERSION, "Check")})
"""The kinds of spec files, as (apiVersion, kind)."""


@attrs.frozen(kw_only=True)
class Expectation:
    """What a step is expected to do: responses such as "422 Invalid"; facts of the settled cluster, any of them.

    `shows` are questions about the state after the step, with their answers.
    """

    responses: tuple[str, ...] | None = None
    facts: tuple[Any, ...] = ()
    shows: tuple[Shown, ...] = ()


@attrs.frozen(kw_only=True)
class Scenario:
    """A scenario; `expectations` has one entry a step. `strict` asks that also the placement of pods agrees."""

    name: str
    nodes: tuple[NodeSpec, ...]
    steps: tuple[ScenarioStep, ...]
    expectations: tuple[Expectation, ...]
    config: ClusterConfig
    behaviors: tuple[Behavior, ...] = ()
    metrics: Metrics = NO_METRICS
    strict: bool = False
    masters: int = 1


def is_scenario(value: object) -> bool:
    """Tell whether a document is a scenario."""
    return isinstance(value, dict) and (value.get("apiVersion"), value.get("kind")) == (API_VERSION, "Scenario")


def parse_scenario(value: object, locate: Locate) -> Scenario:
    """Return the scenario that a document describes; InputError names the field that is wrong."""
    reader = Reader(value, (), locate)
    reader.take("apiVersion", str)
    reader.take("kind", str)
    metadata = reader.child("metadata")
    config = reader.child("config")
    plane = reader.child("controlPlane")
    steps = tuple(reader.items("steps"))
    scenario = Scenario(
        name=metadata.take("name", str),
        nodes=tuple(node for path, item in reader.items("nodes") for node in parse_nodes(Reader(item, path, locate))),
        steps=tuple(parse_step(item, path, locate) for path, item in steps),
        expectations=tuple(_expectation(Reader(item, path, locate)) for path, item in steps),
        config=configured(reader, ClusterConfig.from_wire(config.whole, config.place())),
        behaviors=tuple(parse_behavior(Reader(item, path, locate)) for path, item in reader.items("behaviors")),
        metrics=parse_metrics(reader),
        strict=metadata.whole.get("placement") == "strict",
        masters=plane.take("replicas", int, 1),
    )
    plane.finish()
    reader.finish()
    if not scenario.nodes:
        raise InputError("a scenario has no nodes", place=reader.place("nodes"), expected="one node or more")
    return scenario


def of_objects(name: str, nodes: tuple[NodeSpec, ...], apply: ScenarioStep) -> Scenario:
    """Return the scenario that applies objects and settles."""
    steps = (apply, Settle(op="settle", quiet=2000, limit=600_000))
    return Scenario(
        name=name,
        nodes=nodes,
        steps=steps,
        expectations=(Expectation(), Expectation()),
        config=ClusterConfig(),
    )


def parse_behavior(reader: Reader) -> Behavior:
    """Return what the containers of an image do; InputError names the field that is wrong."""
    behavior = Behavior(
        image=reader.take("image", str),
        waiting=reader.take("waiting", str, ""),
        exit_code=reader.optional("exitCode", int),
        after=reader.duration("after", 0),
        ready=reader.take("ready", bool, default=True),
        startup=reader.duration("startup", 0),
        hangs_after=reader.duration("hangsAfter", 0) or None,
        memory=size(reader, "memory"),
        disk=size(reader, "disk"),
        uses_after=reader.duration("usesAfter", 0),
        image_size=size(reader, "imageSize"),
    )
    reader.finish()
    return behavior


def _expectation(reader: Reader) -> Expectation:
    responses = reader.optional("expectResponses", list)
    facts = tuple(reader.take("expect", list, []))
    shows = tuple(parse_shown(item, path, reader.locate) for path, item in reader.items("shows"))
    return Expectation(
        responses=None if responses is None else tuple(map(str, responses)),
        facts=facts,
        shows=shows,
    )
