"""Secret: types and the keys that they ask for, size, and data that may be frozen.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, gathered, immutable, invalid, invalid_each, required, too_long
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.frozen import MAX_BYTES, base64_length, frozen_data
from kcore.apiserver.validation.meta import object_meta, object_meta_update

_ACCOUNT = "kubernetes.io/service-account.name"


def default(wire: Wire) -> None:
    """Fill in the type, and turn stringData into data."""
    fill(wire, {"type": "Opaque"})
    for key, value in (wire.pop("stringData", None) or {}).items():
        part(wire, "data")[key] = base64.b64encode(value.encode()).decode()


def prepare_update(new: Wire, old: Wire) -> None:
    """Keep the type when none is given."""
    if not new.get("type"):
        new["type"] = old.get("type", "Opaque")


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a Secret: sound keys, 1 MiB at most, and what its type asks for."""
    meta = wire.get("metadata") or {}
    yield from object_meta(meta, names.dns1123_subdomain)
    data = wire.get("data") or {}
    for key in sorted(data):
        yield from invalid_each(f"data[{key}]", key, names.config_key(key))
    if sum(map(base64_length, data.values())) > MAX_BYTES:
        yield too_long("data", MAX_BYTES)
    kind = wire.get("type", "")
    if kind == "kubernetes.io/service-account-token" and not (meta.get("annotations") or {}).get(_ACCOUNT):
        yield required(f"metadata.annotations[{_ACCOUNT}]")
    for key in _KEYS.get(kind, ()):
        if key not in data:
            yield required(f"data[{key}]")
    if kind in _JSON_KEYS:
        yield from _json_object(data, _JSON_KEYS[kind])
    if kind == "kubernetes.io/basic-auth" and not {"username", "password"} & set(data):
        yield required("data[username]")
        yield required("data[password]")
    if kind == "kubernetes.io/ssh-auth" and not data.get("ssh-privatekey"):
        yield required("data[ssh-privatekey]")


def _json_object(data: Mapping[str, str], key: str) -> Errors:
    if key not in data:
        yield required(f"data[{key}]")
        return
    try:
        found = json.loads(base64.b64decode(data[key]))
    except (ValueError, binascii.Error):
        yield invalid(f"data[{key}]", "<secret contents redacted>", "invalid character in JSON")
        return
    if not isinstance(found, dict | None):
        detail = f"json: cannot unmarshal {type(found).__name__} into Go value of type map[string]interface {{}}"
        yield invalid(f"data[{key}]", "<secret contents redacted>", detail)


@gathered
def validate_update(new: Wire, old: Wire) -> Errors:
    """Yield the errors of a change: the type stays, and so does immutable data."""
    yield from object_meta_update(new.get("metadata") or {}, old.get("metadata") or {})
    yield from immutable("type", new.get("type"), old.get("type"))
    yield from frozen_data(new, old, "data")


_KEYS = {"kubernetes.io/tls": ("tls.crt", "tls.key")}
_JSON_KEYS = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}

STRATEGY = Strategy(
    kind="Secret",
    default=default,
    prepare_update=prepare_update,
    validate=validate,
    validate_update=validate_update,
    spec_fields=(),
)
