"""Actions: what people may do in a Check, and how often.

Models every operation of a Scenario as an action, so that `{rollout: {kind: StatefulSet, name: db, image: "db:v2"}}`
may happen once, or `times` as often. Three actions are about whatever is there at the time: `forceDelete` and
`deleteAny` of any object of a kind, and `drainAny` of any node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from kcore.api.core.node import Node
from kcore.api.fields.check import Path
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.errors import InputError
from kcore.model import Offered
from kcore.users.delete import Delete
from kcore.users.drain import Drain
from kcore.users.rules import UserEvent
from kcore.verify.conditions import DRAINING
from kcore.verify.reader import Locate, Reader, mapping
from kcore.verify.steps import ACTS

Events = Callable[[ClusterState], Sequence[UserEvent]]


@attrs.frozen
class Action:
    """What is offered, and how often."""

    offered: Offered
    times: int


def parse_action(value: object, path: Path, locate: Locate, number: int) -> Action:
    """Return the action that a mapping describes; InputError where there is none of its name."""
    given = mapping(value, path, locate)
    names = [name for name in given if name != "times"]
    known = sorted({*ACTS, *_OPEN})
    if len(names) != 1 or names[0] not in known:
        problem = f"an action is one operation, not {', '.join(map(str, names)) or 'none'}"
        raise InputError(problem, place=locate(path), expected=f"one of {', '.join(known)}")
    reader, op = Reader(given, path, locate), names[0]
    times = reader.take("times", int, 1)
    name = f"action {number + 1}: {op}"
    if op in _OPEN:
        event, events = _OPEN[op](reader.child(op))
        return Action(Offered(name=name, event=event, events=events), times)
    made: Any = ACTS[op](given[op], (*path, op), locate)
    return Action(Offered(name=name, event=type(made), events=lambda _: (made,)), times)


def _deletions(grace: int | None) -> Callable[[Reader], tuple[type[UserEvent], Events]]:
    def parse(reader: Reader) -> tuple[type[UserEvent], Events]:
        kind, namespace = reader.take("kind", str, "Pod"), reader.take("namespace", str, "default")
        reader.finish()

        def events(state: ClusterState) -> list[UserEvent]:
            there = state.store.list(kind, namespace)
            targets = [Target(kind=kind, namespace=namespace, name=one.metadata.name) for one in there]
            return [Delete(target=target, grace_period_seconds=grace) for target in targets]

        return Delete, events

    return parse


def _drain_any(reader: Reader) -> tuple[type[UserEvent], Events]:
    reader.finish()

    def events(state: ClusterState) -> list[UserEvent]:
        nodes = [one for one in state.store.list("Node") if isinstance(one, Node) and not one.spec.unschedulable]
        return [Drain(node=one.metadata.name, overrides=DRAINING) for one in nodes]

    return Drain, events


_OPEN: Mapping[str, Callable[[Reader], tuple[type[UserEvent], Events]]] = {
    "forceDelete": _deletions(0),
    "deleteAny": _deletions(None),
    "drainAny": _drain_any,
}
