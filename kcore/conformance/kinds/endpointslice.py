"""The slices of a Service that has none yet.

Input: `service`, `pods` and `nodes`, taken as they stand. Says the `slices` that are created (family of addresses,
ports, endpoints sorted by their addresses, labels), and the `error` of the sync if there was one.

A recorded selector may be empty and yet be there; it selects every pod. The store of an API server keeps none in that
case, so that the controller cannot tell it from an absent one, which selects nothing. The two are told apart here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kcore.api.convert import structure, unstructure
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.core.service import Service
from kcore.api.discovery.endpointslice import EndpointSlice
from kcore.controllers.endpointslice.reconciler import plan


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would write for the service of `case`."""
    service = structure(Service, case["service"])
    selector = case["service"]["spec"].get("selector")
    if service.spec.type == "ExternalName" or selector is None:
        return {"slices": []}
    nodes = {one["metadata"]["name"]: structure(Node, one) for one in case.get("nodes") or ()}
    pods = sorted((structure(Pod, one) for one in case.get("pods") or ()), key=lambda pod: pod.metadata.name)
    mine = [pod for pod in pods if _selects(selector, service, pod)]
    decided = plan(service, mine, (), nodes.get)
    slices = [_shown(one) for writes in decided.by_type for one in writes.create]
    return {"slices": sorted(slices, key=_order), "error": "; ".join(decided.errors)}


def _selects(selector: Mapping[str, str], service: Service, pod: Pod) -> bool:
    labels = pod.metadata.labels
    same_namespace = pod.metadata.namespace == service.metadata.namespace
    return same_namespace and all(labels.get(key) == value for key, value in selector.items())


def _shown(one: EndpointSlice) -> dict[str, Any]:
    wire = unstructure(one)
    endpoints = sorted(wire["endpoints"], key=lambda endpoint: endpoint["addresses"])
    shown = {name: wire[name] for name in ("addressType", "ports")}
    return {**shown, "endpoints": endpoints, "labels": wire["metadata"]["labels"]}


def _order(one: Mapping[str, Any]) -> tuple[str, str]:
    return one["addressType"], json.dumps(one["ports"], separators=(",", ":"))
