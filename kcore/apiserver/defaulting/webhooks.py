"""Defaults of admission webhooks.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/admissionregistration/v1/defaults.go
"""

from __future__ import annotations

from collections.abc import Sequence

from kcore.api.json import Wire
from kcore.apiserver.defaulting.wire import fill, part

PORT, SECONDS = 443, 10


def default_webhooks(webhooks: Sequence[Wire], *, mutating: bool) -> None:
    """Fill in how a failure is taken, what a webhook is about, how long it may take, and where it listens."""
    for webhook in webhooks:
        fill(webhook, {"failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": SECONDS})
        for selector in ("namespaceSelector", "objectSelector"):
            part(webhook, selector)
        if mutating:
            fill(webhook, {"reinvocationPolicy": "Never"})
        for rule in webhook.get("rules") or ():
            fill(rule, {"scope": "*"})
        service = (webhook.get("clientConfig") or {}).get("service")
        if service is not None:
            fill(service, {"port": PORT})
