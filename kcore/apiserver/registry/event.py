"""Event: of the core API, where older clients may leave much open, and of events.k8s.io, which asks for more.

Models what both ask of an event, and what a request through events.k8s.io/v1 is held to besides: how often it came is
told by a series alone, and nothing but the series may change.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/events.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, FieldErrors, gathered, immutable, invalid, invalid_each, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, object_meta_update, path_segment

_MAX = 128
_NOTE_MAX = 1024
_OTHER_NAMESPACE = "does not match event.namespace"
_UNSET = "needs to be unset"
_TYPES = ("Normal", "Warning")
_OLD_FIELDS = ("firstTimestamp", "lastTimestamp", "count")
_FIXED = {
    "involvedObject": "involvedObject",
    "reason": "reason",
    "message": "message",
    "source": "source",
    "firstTimestamp": "firstTimestamp",
    "lastTimestamp": "lastTimestamp",
    "count": "count",
    "type": "type",
    "eventTime": "eventTime",
    "action": "action",
    "related": "related",
    "reportingComponent": "reportingController",
    "reportingInstance": "reportingInstance",
}
"""What no update through events.k8s.io changes, with the names that errors give it."""


def default(wire: Wire) -> None:
    """Fill in the parts that are always there."""
    part(wire, "involvedObject")
    part(wire, "source")
    fill(wire, {"reportingComponent": "", "reportingInstance": ""})


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an event: it lies in the namespace of what it is about."""
    errors = tuple(_event(wire))
    yield from errors
    if not errors:
        yield from object_meta(wire.get("metadata") or {}, path_segment)


def _event(wire: Wire) -> Errors:
    namespace = (wire.get("metadata") or {}).get("namespace", "")
    about = (wire.get("involvedObject") or {}).get("namespace", "")
    path = "involvedObject.namespace"
    if wire.get("eventTime"):
        if not about and namespace not in ("", "default", "kube-system"):
            yield invalid(path, about, _OTHER_NAMESPACE)
        yield from _reported(wire)
    elif not about:
        if namespace not in ("", "default"):
            yield invalid(path, about, _OTHER_NAMESPACE)
    elif namespace != about:
        yield invalid(path, about, _OTHER_NAMESPACE)
    yield from invalid_each("namespace", namespace, names.dns1123_subdomain(namespace))


def _reported(wire: Wire) -> Errors:
    controller = wire.get("reportingComponent", "")
    if not controller:
        yield required("reportingController")
    yield from invalid_each("reportingController", controller, names.qualified_name(controller))
    for field in ("reportingInstance", "action", "reason"):
        value = wire.get(field, "")
        if not value:
            yield required(field)
        if names.length(value) > _MAX:
            yield invalid(field, "", f"can have at most {_MAX} characters")
    if names.length(wire.get("message", "")) > _NOTE_MAX:
        yield invalid("message", "", f"can have at most {_NOTE_MAX} characters")


@gathered
def validate_v1(wire: Wire) -> Errors:
    """Yield the errors of an event that is created through events.k8s.io."""
    yield from _event(wire)
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    yield from _series(wire)
    if not wire.get("eventTime"):
        yield required("eventTime")
    if wire.get("type", "") not in _TYPES:
        yield invalid("type", "", f"has invalid value: {wire.get('type', '')}")
    for field in _OLD_FIELDS:
        if wire.get(field):
            yield invalid(field, "", _UNSET)
    source = wire.get("source") or {}
    if source.get("component") or source.get("host"):
        yield invalid("source", "", _UNSET)


def validate_v1_update(new: Wire, old: Wire) -> FieldErrors:
    """Return the errors of a change through events.k8s.io: of an event only its series may change."""
    return tuple(_changed(new, old))


def _changed(new: Wire, old: Wire) -> Errors:
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    if new.get("series") != old.get("series"):
        yield from _series(new)
    for field, named in _FIXED.items():
        yield from immutable(named, new.get(field), old.get(field))


def _series(wire: Wire) -> Errors:
    series = wire.get("series")
    if series is None:
        return
    if series.get("count", 0) < 2:
        yield invalid("series.count", "", "should be at least 2")
    if not series.get("lastObservedTime"):
        yield required("series.lastObservedTime")


STRATEGY = Strategy(
    kind="Event",
    default=default,
    validate=validate,
    spec_fields=(),
    create_on_update=True,
    default_propagation="Unsupported",
)
CREATED_IN_V1 = evolve(STRATEGY, validate=validate_v1)
CHANGED_IN_V1 = evolve(STRATEGY, validate_update=validate_v1_update)
