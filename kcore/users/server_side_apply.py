"""Server-side apply: say what objects should be, in order, and have the API server bring them there.

Models `kubectl apply --server-side`: fields belong to the manager that applies them, another's are a conflict unless
it is forced, and what the manager does not apply any more is taken away.

Upstream: https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

import attrs

from kcore.api.json import Json
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.cluster.state import ClusterState
from kcore.users.apply import place_of

RULE = "users.apply_server_side"


@attrs.frozen(kw_only=True)
class ServerSideApply:
    """Apply `objects` in order in the name of `manager`; those that name no namespace go to `namespace`."""

    objects: tuple[Json, ...]
    manager: str = "kubectl"
    force: bool = False
    namespace: str = "default"


def server_side_apply_requests(_: ClusterState, event: ServerSideApply) -> tuple[Request, ...]:
    """Return one patch an object."""
    options = Options(patch_type=PatchType.APPLY, field_manager=event.manager, force=event.force, strict=True)
    return tuple(
        Request(verb=Verb.PATCH, key=place_of(body.value, event.namespace), body=body, options=options)
        for body in event.objects
    )
