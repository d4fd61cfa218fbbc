"""What the API server makes of an object that is created: defaults, or the refusal.

Input: `object`, `namespace`. Says `code` and the `object` as it would be stored, or `reason`, `message` and `causes`.

Does not say what nobody can know from the input: the second in which a PersistentVolume was made and the uid among the
labels of a Job, which the recording holds.
"""

from __future__ import annotations

import json
from typing import Any

import attrs

from kcore.api.convert import from_wire, to_wire
from kcore.api.json import Json, Wire
from kcore.api.kinds import key_kind, kind_of
from kcore.api.object import ObjectKey
from kcore.apiserver.config import DEFAULT
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.status import Status
from kcore.apiserver.store import EMPTY, Store

CONFIG = attrs.evolve(DEFAULT, default_toleration_seconds=5)
"""The configuration of the API server that made the recording."""

_ALLOCATED = "ALLOCATED"
_FROM_THE_CLOCK = ("uid", "creationTimestamp", "resourceVersion", "managedFields")


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real code would answer to the creation of the object of `case`."""
    wire = case["object"]
    kind = kind_of(wire.get("apiVersion", ""), wire.get("kind", ""))
    if kind is None:
        return {"code": 404, "reason": "NotFound", "message": "the server could not find the requested resource"}
    namespace = case["namespace"] if kind.namespaced else ""
    request = Request(
        verb=Verb.CREATE,
        key=ObjectKey(key_kind(kind), namespace, ""),
        body=Json.of(wire),
        options=Options(dry_run=True, strict=True),
    )
    response = handle(_store(case["namespace"]), request, Context(now=0, config=CONFIG)).response
    if response.status is not None:
        return _refusal(response.status)
    return {"code": response.code, "object": _as_recorded(to_wire(response.object), wire)} if response.object else {}


def _store(namespace: str) -> Store:
    wire = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}, "status": {"phase": "Active"}}
    return EMPTY.put(from_wire(wire))


def _refusal(status: Status) -> dict[str, Any]:
    causes = sorted({(cause.reason, cause.field) for cause in status.causes})
    refusal: dict[str, Any] = {"code": status.code, "reason": status.reason, "message": status.message}
    if causes:
        refusal["causes"] = [{"reason": reason, "field": field} for reason, field in causes]
    return refusal


def _as_recorded(stored: Wire, sent: Wire) -> Wire:
    """Return the stored object without times and uid, and with ALLOCATED for what the server picked."""
    uid = stored["metadata"].get("uid", "")
    for field in _FROM_THE_CLOCK:
        stored["metadata"].pop(field, None)
    if stored["kind"] == "Job":
        stored["spec"] = json.loads(json.dumps(stored["spec"]).replace(uid, "UID"))
    if stored["kind"] == "Service":
        _hide_allocations(stored["spec"], sent.get("spec") or {})
    return stored


def _hide_allocations(spec: Wire, sent: Wire) -> None:
    if spec.get("clusterIP", "None") != "None" and not sent.get("clusterIP"):
        spec["clusterIP"] = spec["clusterIPs"] = _ALLOCATED
    if spec.get("healthCheckNodePort") and not sent.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = _ALLOCATED
    for port, asked in zip(spec.get("ports") or (), sent.get("ports") or (), strict=True):
        if port.get("nodePort") and not asked.get("nodePort"):
            port["nodePort"] = _ALLOCATED
