"""ConfigMap: keys, size, and data that may be frozen.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, gathered, invalid, invalid_each, too_long
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.frozen import MAX_BYTES, base64_length, frozen_data
from kcore.apiserver.validation.meta import object_meta, object_meta_update


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a ConfigMap: no key in both bags, 1 MiB at most."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain)
    data, binary = wire.get("data") or {}, wire.get("binaryData") or {}
    for key in sorted(data):
        yield from invalid_each(f"data[{key}]", key, names.config_key(key))
        if key in binary:
            yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
    for key in sorted(binary):
        yield from invalid_each(f"binaryData[{key}]", key, names.config_key(key))
    if sum(map(names.length, data.values())) + sum(map(base64_length, binary.values())) > MAX_BYTES:
        yield too_long("", MAX_BYTES)


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change of what may be immutable."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from frozen_data(new, old, "data", "binaryData")


STRATEGY = Strategy(kind="ConfigMap", validate=validate, validate_update=validate_update, spec_fields=())
