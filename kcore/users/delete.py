"""Delete and evict: ask for an object to go.

Models `kubectl delete` with its grace period and propagation policy, and the eviction subresource that drains use.
"""

from __future__ import annotations

import attrs

from kcore.api.evolve import evolve
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, Request, Verb
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.users.act import missing

DELETE_RULE = "users.delete_object"
EVICT_RULE = "users.evict_pod"


@attrs.frozen(kw_only=True)
class Delete:
    """Delete the target; `grace_period_seconds` None and `propagation_policy` "" leave the choice to the kind."""

    target: Target
    grace_period_seconds: int | None = None
    propagation_policy: str = ""


@attrs.frozen(kw_only=True)
class Evict:
    """Ask for the eviction of pods: `count` of them from the target's index on."""

    target: Target
    count: int = 1


def delete_requests(state: ClusterState, event: Delete) -> tuple[Request, ...] | Refusal:
    """Return the delete."""
    key = event.target.resolve(state)
    if key is None:
        return missing(DELETE_RULE, event.target)
    options = Options(
        grace_period_seconds=event.grace_period_seconds,
        propagation_policy=event.propagation_policy,
    )
    return (Request(verb=Verb.DELETE, key=key, options=options),)


def evict_requests(state: ClusterState, event: Evict) -> tuple[Request, ...] | Refusal:
    """Return one eviction a pod; the pods are chosen before the first goes."""
    targets = [evolve(event.target, index=event.target.index + number) for number in range(event.count)]
    keys = [target.resolve(state) for target in targets]
    found = [key for key in keys if key is not None]
    return tuple(map(_eviction, found)) if found else missing(EVICT_RULE, event.target)


def _eviction(key: ObjectKey) -> Request:
    body = Json.of(
        {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": key.name, "namespace": key.namespace},
        }
    )
    return Request(verb=Verb.CREATE, key=key, subresource="eviction", body=body)
