"""Event: of the core API, where older clients may leave much open.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/events.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, gathered, invalid, invalid_each, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta, path_segment

_MAX = 128
_NOTE_MAX = 1024
_OTHER_NAMESPACE = "does not match event.namespace"


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


STRATEGY = Strategy(
    kind="Event",
    default=default,
    validate=validate,
    spec_fields=(),
    create_on_update=True,
    default_propagation="Unsupported",
)
