"""JSON patch: a list of operations, made one after the other, all or none.

Models RFC 6902 as the API server takes it: what is no list of operations is a 400, too many are a 413, and an operation
that does not apply is a 422 that says no more.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
"""

from __future__ import annotations

from typing import Any

from jsonpatch import InvalidJsonPatch, JsonPatch, JsonPatchException
from jsonpointer import JsonPointerException

from kcore.apiserver.patch.strategic import PatchError

MOST = 10_000
"""How many operations a patch may have."""

_REJECTED = "the server rejected our request due to an error in our request"


def json_patch(target: Any, operations: Any) -> Any:
    """Return `target` after `operations`, which stays as it is; PatchError where they can't be read or made."""
    if not isinstance(operations, list):
        raise PatchError("a JSON patch is a list of operations", 400)
    if len(operations) > MOST:
        raise PatchError(f"The allowed maximum operations in a JSON patch is {MOST}, got {len(operations)}", 413)
    try:
        return JsonPatch(operations).apply(target)
    except InvalidJsonPatch as error:
        raise PatchError(f"error decoding patch: {error}", 400) from error
    except (JsonPatchException, JsonPointerException) as error:
        raise PatchError(_REJECTED, 422) from error
