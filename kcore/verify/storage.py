"""Storage invented for plain manifests: a class for each that claims name, and a driver for each class.

Models what a cluster brings along: a default class whose disks lie in the zone of the node that asks first, and for
claims that several nodes share (ReadWriteMany) disks that are reached from everywhere. Classes, drivers and volumes of
the manifests are left as they are; what they lack is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kcore.api.json import Wire

DISKS = "disks.kcore.invalid"
"""The driver whose disks lie in one zone each."""

SHARED = "shared.kcore.invalid"
"""The driver whose disks are reached from everywhere."""

DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}
NOBODY = "kubernetes.io/no-provisioner"


def invented_storage(objects: Sequence[Wire], nodes: Sequence[str]) -> list[Wire]:
    """Return the classes and drivers that the claims among `objects` need and that are not among them."""
    claims = [spec for wire in objects for spec in _claims(wire)]
    if not claims:
        return []
    classes = [wire for wire in objects if wire.get("kind") == "StorageClass"]
    given = {str(wire["metadata"].get("name", "")) for wire in classes}
    wanted = {str(spec["storageClassName"]): _driver(spec) for spec in claims if spec.get("storageClassName")}
    made = [_class(name, wanted[name]) for name in sorted(wanted) if name not in given]
    if any("storageClassName" not in spec for spec in claims) and not any(map(_is_default, classes)):
        made.append(_class("kcore-default", DISKS, DEFAULT))
    installed = {str(wire["metadata"].get("name", "")) for wire in objects if wire.get("kind") == "CSIDriver"}
    used = {str(wire.get("provisioner", "")) for wire in (*classes, *made)}
    drivers = [_header("CSIDriver", name, spec={}) for name in sorted(used - installed - {NOBODY, ""})]
    places = [_everywhere(name) for name in nodes] if SHARED in used else []
    return [*drivers, *places, *made]


def _claims(wire: Wire) -> Iterator[Wire]:
    """Yield the specs of the claims that an object is or makes."""
    spec = wire.get("spec")
    if not isinstance(spec, dict):
        return
    if wire.get("kind") == "PersistentVolumeClaim":
        yield spec
    templates = spec.get("volumeClaimTemplates") or ()
    yield from (one["spec"] for one in templates if isinstance(one, dict) and isinstance(one.get("spec"), dict))


def _driver(spec: Wire) -> str:
    return SHARED if "ReadWriteMany" in (spec.get("accessModes") or ()) else DISKS


def _is_default(wire: Wire) -> bool:
    annotations = wire["metadata"].get("annotations") or {}
    return any(annotations.get(name) == value for name, value in DEFAULT.items())


def _class(name: str, driver: str, annotations: dict[str, str] | None = None) -> Wire:
    mode = "Immediate" if driver == SHARED else "WaitForFirstConsumer"
    return _header("StorageClass", name, annotations, provisioner=driver, volumeBindingMode=mode)


def _everywhere(node: str) -> Wire:
    """Return the CSINode that says of a node that the shared driver tells no places apart."""
    return _header("CSINode", node, spec={"drivers": [{"name": SHARED, "nodeID": node}]})


def _header(kind: str, name: str, annotations: dict[str, str] | None = None, **fields: Any) -> Wire:
    metadata = {"name": name, **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": "storage.k8s.io/v1", "kind": kind, "metadata": metadata, **fields}
