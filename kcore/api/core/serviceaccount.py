"""ServiceAccount: who the containers of a pod are to the API server.

Models all fields.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

import attrs

from kcore.api.core.references import LocalObjectReference, ObjectReference
from kcore.api.object import ApiObject


@attrs.frozen(kw_only=True, cache_hash=True)
class ServiceAccount(ApiObject):
    """The Secrets that pods of the account may mount, those that they pull images with, and whether they get a token.

    `automount_service_account_token` of None leaves it to the pod, and to the default, which is that they do.
    """

    secrets: tuple[ObjectReference, ...] = ()
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    automount_service_account_token: bool | None = None
