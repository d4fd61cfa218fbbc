"""Webhook: somebody else's say in a write, as a pure function.

Models a server behind an admission webhook: it looks at a review and allows, denies, or changes the object. Functions
are known by the names of the webhooks that call them; the store holds only the names. Whether anybody answers at all is
asked of the world, for the webhook's name and one endpoint of its Service (None: it is called through a URL).

Not modelled: HTTP, and the seconds that a call takes.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/admission/v1/types.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from kcore.api.discovery.endpointslice import Endpoint
from kcore.api.json import Wire


@attrs.frozen(kw_only=True)
class Review:
    """What a webhook is asked: the operation (CREATE, UPDATE, DELETE), what it is about, and the objects in JSON."""

    operation: str
    kind: str
    api_version: str
    name: str
    namespace: str
    object: Wire | None
    old_object: Wire | None = None
    dry_run: bool = False


@attrs.frozen(kw_only=True)
class Answer:
    """What a webhook answers: whether it allows the write, why not, and the operations of a JSON patch."""

    allowed: bool = True
    message: str = ""
    code: int = 0
    reason: str = ""
    patch: tuple[Mapping[str, Any], ...] = ()


WebhookFunction: TypeAlias = Callable[[Review], Answer]

NO_WEBHOOKS: Mapping[str, WebhookFunction] = MappingProxyType({})


Answering: TypeAlias = Callable[[str, Endpoint | None], bool]
"""Tells whether the webhook of a name gets an answer from an endpoint of its Service, or through its URL (None)."""


def allow(_: Review) -> Answer:
    """Allow everything: what a webhook does of which nothing is known."""
    return Answer()


def everybody_answers(_: str, __: Endpoint | None) -> bool:
    """Tell that whoever is ready answers: what there is to say of a store without a world."""
    return True
