"""ServiceAccount: who pods say they are.

Not modelled: tokens.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, gathered
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.names import dns1123_subdomain


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an account."""
    yield from object_meta(wire.get("metadata") or {}, dns1123_subdomain)


STRATEGY = Strategy(kind="ServiceAccount", validate=validate)
