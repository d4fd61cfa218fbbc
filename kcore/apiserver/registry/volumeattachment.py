"""VolumeAttachment: a driver, a node and one volume, which stay.

Does not model inline volumes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, gathered, immutable, invalid_each, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.volumesources import driver_name


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an attachment."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    spec = wire.get("spec") or {}
    yield from driver_name(spec.get("attacher", ""), "spec.attacher")
    source = spec.get("source") or {}
    volume = source.get("persistentVolumeName")
    if volume is None and source.get("inlineVolumeSpec") is None:
        yield required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
    elif volume == "":
        yield required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName")
    if spec.get("nodeName"):
        yield from invalid_each("spec.nodeName", spec["nodeName"], names.dns1123_subdomain(spec["nodeName"]))
    else:
        yield required("spec.nodeName")


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: what is to be attached where stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from immutable("spec", new.get("spec"), old.get("spec"))


STRATEGY = Strategy(kind="VolumeAttachment", validate=validate, validate_update=validate_update, spec_fields=())
