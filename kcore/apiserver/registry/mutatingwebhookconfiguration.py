"""MutatingWebhookConfiguration: the mutating admission webhooks of one owner, with their defaults.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/admissionregistration/v1/defaults.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.webhooks import default_webhooks
from kcore.apiserver.field import Errors, gathered
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.webhooks import webhook_errors


def default(wire: Wire) -> None:
    """Fill in the defaults of each webhook."""
    default_webhooks(wire.get("webhooks") or (), mutating=True)


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a configuration."""
    yield from object_meta(wire.get("metadata") or {}, names.dns1123_subdomain, namespaced=False)
    yield from webhook_errors(wire.get("webhooks") or (), "webhooks")


STRATEGY = Strategy(
    kind="MutatingWebhookConfiguration",
    default=default,
    validate=validate,
    spec_fields=("webhooks",),
    unconditional_update=False,
)
