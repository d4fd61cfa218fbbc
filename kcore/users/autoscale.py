"""Autoscale: a workload gets an autoscaler.

Models `kubectl autoscale TYPE NAME --max --min --cpu --memory --name`: it reads the workload, and creates a
HorizontalPodAutoscaler of its name. A target in percent is of the requests, any other is what one pod is to use; a bare
number is of millicores or of MiB. Without a metric the API server sets one.

Not modelled: the way back to autoscaling/v1 where v2 is not served.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/cmd/autoscale/autoscale.go
"""

from __future__ import annotations

import attrs

from kcore.api.json import Json, Wire
from kcore.api.kinds import Kind, by_name
from kcore.api.object import ObjectKey
from kcore.api.quantity import Quantity, QuantityError
from kcore.apiserver.custom.served import served
from kcore.apiserver.request import Options, Request, Verb
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.users.rollout import absent, find

RULE = "users.autoscale_workload"

UNITS = {"cpu": "m", "memory": "Mi"}
"""The resources that can be aimed for, and what a bare number of each means."""


@attrs.frozen(kw_only=True)
class Autoscale:
    """Let the target have `least` to `most` pods; `cpu` and `memory` are what each is to use, as "80%" or "200Mi".

    `least` 0 leaves it to the API server, and `name` "" names the autoscaler as its target.
    """

    target: Target
    most: int
    least: int = 0
    cpu: str = ""
    memory: str = ""
    name: str = ""


def autoscale_requests(state: ClusterState, event: Autoscale) -> tuple[Request, ...] | Refusal:
    """Return the creation of the autoscaler; a read where there is no such workload."""
    if event.most < max(1, event.least):
        return _without("the most pods are fewer than one or than the least", event)
    found = find(RULE, state, event.target)
    if isinstance(found, Refusal | ObjectKey):
        return absent(found) or ()
    kind = _kind(state, event.target.kind)
    if kind is None or "scale" not in kind.subresources:
        return _without("it cannot be autoscaled", event)
    try:
        metrics = [_metric(name, aim) for name, aim in (("cpu", event.cpu), ("memory", event.memory)) if aim]
    except ValueError as error:
        return _without(str(error), event)
    key = ObjectKey("HorizontalPodAutoscaler", event.target.namespace, event.name or found.metadata.name)
    body = _autoscaler(event, kind, key.name, found.metadata.name, metrics)
    return (Request(verb=Verb.CREATE, key=key, body=Json.of(body), options=Options(strict=True)),)


def _kind(state: ClusterState, name: str) -> Kind | None:
    custom = served(state.store, name)
    return by_name(name) if custom is None else custom.kind


def _autoscaler(event: Autoscale, kind: Kind, name: str, of: str, metrics: list[Wire]) -> Wire:
    reference = {"apiVersion": kind.api_version, "kind": kind.kind, "name": of}
    spec: Wire = {"scaleTargetRef": reference, "maxReplicas": event.most}
    spec |= {"minReplicas": event.least} if event.least > 0 else {}
    spec |= {"metrics": metrics} if metrics else {}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": event.target.namespace},
        "spec": spec,
    }


def _metric(resource: str, aim: str) -> Wire:
    return {"type": "Resource", "resource": {"name": resource, "target": _target(resource, aim.strip())}}


def _target(resource: str, aim: str) -> Wire:
    """Return what a metric aims for; ValueError where `aim` is neither a percentage nor a quantity."""
    if aim.endswith("%"):
        percent = aim[:-1]
        if not (percent.isdecimal() and percent.isascii()):
            raise ValueError(f"invalid percentage value: {percent}")
        return {"type": "Utilization", "averageUtilization": int(percent)}
    bare = aim.replace(".", "", 1)
    quantity = f"{aim}{UNITS[resource]}" if bare.isdecimal() and bare.isascii() else aim
    try:
        Quantity.parse(quantity)
    except QuantityError:
        raise ValueError(f"invalid resource {resource} value: {aim}") from None
    return {"type": "AverageValue", "averageValue": quantity}


def _without(why: str, event: Autoscale) -> Refusal:
    return Refusal(RULE, why, target=str(event.target))
