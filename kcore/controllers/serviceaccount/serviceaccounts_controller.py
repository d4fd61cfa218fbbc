"""The service accounts controller: it keeps the account `default` in each namespace that is active.

Models the account that a new namespace gets, and the one that comes again when it is deleted. A refusal because the
namespace is on its way out is tried again like any other, until the cache has heard of that too.

Not modelled: the controllers of tokens that are Secrets, which nobody makes any more unless asked to.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/serviceaccount/serviceaccounts_controller.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.namespace import Namespace
from kcore.api.core.serviceaccount import ServiceAccount
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View

ACCOUNTS = ("default",)
"""The accounts that each namespace has."""


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Make the accounts that the namespace at `key` lacks."""
    namespace = view.get(ObjectKey(*key))
    if not isinstance(namespace, Namespace) or namespace.status.phase != "Active":
        return Turn()
    keys = (ObjectKey("ServiceAccount", namespace.metadata.name, name) for name in ACCOUNTS)
    return Turn(requests=tuple(_creation(one) for one in keys if view.get(one) is None))


def _creation(key: ObjectKey) -> Call:
    body = ServiceAccount(metadata=ObjectMeta(name=key.name, namespace=key.namespace))
    return Call(request=Request(verb=Verb.CREATE, key=key, body=body))


def namespace_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a namespace that is new or has changed."""
    if change.new is not None:
        yield Work(LEADER, change.key)


def account_gone(change: Change, _: Store) -> Iterator[Work]:
    """Yield the namespace of an account that is gone."""
    if change.new is None:
        yield Work(LEADER, ObjectKey("Namespace", "", change.key.namespace))


SERVICEACCOUNT = Component(
    family="serviceaccount-controller",
    watches={"Namespace": namespace_changed, "ServiceAccount": account_gone},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.CREATE, "ServiceAccount")}),
)
