"""Protection: a finalizer that holds an object while it is used, put on if it is missing and taken off at the end.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/util/protectionutil/utils.go
"""

from __future__ import annotations

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject
from kcore.apiserver.request import Request, Verb


def needs_finalizer(found: ApiObject, finalizer: str) -> bool:
    """Tell whether the object stays and lacks the finalizer."""
    return found.metadata.deletion_timestamp is None and finalizer not in found.metadata.finalizers


def is_held(found: ApiObject, finalizer: str) -> bool:
    """Tell whether the object is to go and has the finalizer."""
    return found.metadata.deletion_timestamp is not None and finalizer in found.metadata.finalizers


def with_finalizer(found: ApiObject, finalizer: str) -> Request:
    """Return the request that puts the finalizer on."""
    return _with(found, (*found.metadata.finalizers, finalizer))


def without_finalizer(found: ApiObject, finalizer: str) -> Request:
    """Return the request that takes the finalizer off."""
    return _with(found, tuple(one for one in found.metadata.finalizers if one != finalizer))


def _with(found: ApiObject, finalizers: tuple[str, ...]) -> Request:
    body = evolve(found, metadata=evolve(found.metadata, finalizers=finalizers))
    return Request(verb=Verb.UPDATE, key=key_of(found), body=body)
