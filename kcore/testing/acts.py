"""Acts: what people may do in a test, and how often.

Models a choice of events that depends on the state, such as "roll out the image that does not run yet". An act that
mends (uncordoning a node, resuming a rollout) can be owed at the end: a question about the end of a run is asked after
everybody has cleaned up.

Not modelled: how long people think; a test lets them act before any event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import attrs

from kcore.api.core.node import Node
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.errors import MisuseError
from kcore.users.delete import Delete, Evict
from kcore.users.drain import Drain
from kcore.users.drain_filters import NO_OVERRIDES, Overrides
from kcore.users.patch import Cordon, Scale
from kcore.users.rollout import SetImage
from kcore.users.rules import UserEvent

Offer: TypeAlias = Callable[[ClusterState], Sequence[UserEvent]]
"""The events that an act comes to in a state, in a fixed order; those that the model refuses are left out."""


@attrs.frozen(kw_only=True)
class Act:
    """Something that people may do, at most `most` times (None: as often as they like).

    `name` is the name of the Hypothesis rule. With `at_end` it is done wherever it applies before a question about the
    end of the run is asked.
    """

    name: str = attrs.field(validator=attrs.validators.matches_re(r"[a-z][a-z0-9_]*"))
    events: Offer
    most: int | None = None
    at_end: bool = False


def acts_of(given: Iterable[Act | UserEvent], rule_names: Callable[[Any], str]) -> tuple[Act, ...]:
    """Return the acts; a bare event is one that may happen once, and those of one rule share an act of its name."""
    acts: list[Act] = []
    events: dict[str, list[UserEvent]] = {}
    for one in given:
        if isinstance(one, Act):
            acts.append(one)
        else:
            events.setdefault(rule_names(one).partition(".")[2], []).append(one)
    acts += [_once(name, tuple(some)) for name, some in events.items()]
    twice = [name for name, count in Counter(act.name for act in acts).items() if count > 1]
    if twice:
        raise MisuseError(f"two acts are called {twice[0]!r}")
    return tuple(acts)


def _once(name: str, events: tuple[UserEvent, ...]) -> Act:
    return Act(name=name, events=lambda _: events, most=len(events))


def rollouts(target: Target, *images: str, most: int | None = 1) -> Act:
    """Return the act of giving the only container of `target` another of `images`."""
    events = tuple(SetImage(target=target, image=image) for image in images)
    return Act(name="set_image", events=lambda _: events, most=most)


def scalings(target: Target, *replicas: int, most: int | None = 2) -> Act:
    """Return the act of setting the replicas of `target` to one of `replicas`."""
    events = tuple(Scale(target=target, replicas=count) for count in replicas)
    return Act(name="scale", events=lambda _: events, most=most)


def drains(overrides: Overrides = NO_OVERRIDES, *, most: int | None = 1) -> Act:
    """Return the act of draining a node that takes pods."""
    return Act(
        name="drain",
        events=lambda state: [Drain(node=name, overrides=overrides) for name in _nodes(state, unschedulable=False)],
        most=most,
    )


def uncordons() -> Act:
    """Return the act of letting a cordoned or drained node take pods again; owed at the end."""
    return Act(
        name="uncordon",
        events=lambda state: [Cordon(node=name, unschedulable=False) for name in _nodes(state, unschedulable=True)],
        at_end=True,
    )


def deletions(kind: str = "Pod", *, namespace: str = "default", force: bool = False, most: int | None = 2) -> Act:
    """Return the act of deleting an object of `kind`; with `force`, without a grace period."""
    grace = 0 if force else None
    return Act(
        name=f"{'force_' if force else ''}delete_{kind.lower()}",
        events=lambda state: [
            Delete(target=target, grace_period_seconds=grace) for target in _targets(state, kind, namespace)
        ],
        most=most,
    )


def evictions(*, namespace: str = "default", most: int | None = 2) -> Act:
    """Return the act of asking for the eviction of a pod."""
    return Act(
        name="evict",
        events=lambda state: [Evict(target=target) for target in _targets(state, "Pod", namespace)],
        most=most,
    )


def _nodes(state: ClusterState, *, unschedulable: bool) -> list[str]:
    nodes = (node for node in state.store.list("Node") if isinstance(node, Node))
    return [node.metadata.name for node in nodes if node.spec.unschedulable is unschedulable]


def _targets(state: ClusterState, kind: str, namespace: str) -> list[Target]:
    found = state.store.list(kind, namespace)
    return [Target(kind=kind, namespace=namespace, name=one.metadata.name) for one in found]
