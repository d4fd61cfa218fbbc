"""CSIDriver: defaults, and what of a driver stays.

Does not model token requests.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, gathered, immutable, not_supported
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation.meta import object_meta, object_meta_update
from kcore.apiserver.validation.names import dns1123_subdomain

_MODES = ("Ephemeral", "Persistent")
_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
_STAYS = ("attachRequired", "volumeLifecycleModes")


def default(wire: Wire) -> None:
    """Fill in the defaults of a driver."""
    defaults = {
        "attachRequired": True,
        "podInfoOnMount": False,
        "storageCapacity": False,
        "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "volumeLifecycleModes": ["Persistent"],
        "requiresRepublish": False,
        "seLinuxMount": False,
    }
    fill(part(wire, "spec"), defaults)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a driver."""
    yield from object_meta(wire.get("metadata") or {}, dns1123_subdomain, namespaced=False)
    spec = wire.get("spec") or {}
    for i, mode in enumerate(spec.get("volumeLifecycleModes") or ()):
        if mode not in _MODES:
            yield not_supported(f"spec.volumeLifecycleModes[{i}]", mode, _MODES)
    policy = spec.get("fsGroupPolicy")
    if policy is not None and policy not in _GROUP_POLICIES:
        yield not_supported("spec.fsGroupPolicy", policy, _GROUP_POLICIES)


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: how volumes come to nodes stays."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    for field in _STAYS:
        yield from immutable(f"spec.{field}", new["spec"].get(field), old["spec"].get(field))


STRATEGY = Strategy(kind="CSIDriver", default=default, validate=validate, validate_update=validate_update)
