"""ServiceAccount: who pods say they are.

Models what is kept of references to Secrets: their names alone.

Not modelled: tokens, and the subresource that issues them.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/serviceaccount/strategy.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.field import Errors, gathered
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.names import dns1123_subdomain


def prepare_create(wire: Wire) -> None:
    """Keep the names of Secrets, and drop what else a reference says."""
    if wire.get("secrets"):
        wire["secrets"] = [{"name": one["name"]} if one.get("name") else {} for one in wire["secrets"]]


def prepare_update(wire: Wire, _: Wire) -> None:
    """Do to a new version what is done to a new account."""
    prepare_create(wire)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of an account."""
    yield from object_meta(wire.get("metadata") or {}, dns1123_subdomain)


STRATEGY = Strategy(
    kind="ServiceAccount", prepare_create=prepare_create, prepare_update=prepare_update, validate=validate
)
