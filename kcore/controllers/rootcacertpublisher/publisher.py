"""The publisher of the root certificate: it keeps the ConfigMap kube-root-ca.crt in each namespace.

Models the ConfigMap that a new namespace gets, that comes again when it is deleted, and that says again what it should
when it is changed. A refusal because the namespace is on its way out is tried again like any other, until the cache has
heard of that too.

Not modelled: a certificate that is renewed.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/certificates/rootcacertpublisher/publisher.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kcore.api.core.configmap import ConfigMap
from kcore.api.core.namespace import Namespace
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.changes import Change
from kcore.apiserver.request import Request, Verb
from kcore.apiserver.rootca import CERTIFICATE, DESCRIBED_BY, DESCRIPTION, ROOT_CA, ROOT_CA_KEY
from kcore.apiserver.store import Store
from kcore.client.component import LEADER, Component, Work, Write
from kcore.client.turn import Call, Key, Turn
from kcore.client.view import View

DATA = FrozenMap({ROOT_CA_KEY: CERTIFICATE})


def reconcile(_: Any, view: View, key: Key) -> Turn:
    """Make the ConfigMap of the namespace at `key`, or mend it."""
    namespace = view.get(ObjectKey(*key))
    if not isinstance(namespace, Namespace) or namespace.status.phase != "Active":
        return Turn()
    where = ObjectKey("ConfigMap", namespace.metadata.name, ROOT_CA)
    found = view.get(where)
    if not isinstance(found, ConfigMap):
        meta = ObjectMeta(name=where.name, namespace=where.namespace, annotations=_described(FrozenMap()))
        request = Request(verb=Verb.CREATE, key=where, body=ConfigMap(metadata=meta, data=DATA))
        return Turn(requests=(Call(request=request, accepts=frozenset({"NotFound"})),))
    annotations = found.metadata.annotations
    if found.data == DATA and annotations.get(DESCRIBED_BY):
        return Turn()
    mended = evolve(found, data=DATA, metadata=evolve(found.metadata, annotations=_described(annotations)))
    return Turn(requests=(Call(request=Request(verb=Verb.UPDATE, key=where, body=mended)),))


def _described(annotations: FrozenMap[str]) -> FrozenMap[str]:
    return FrozenMap({**annotations, DESCRIBED_BY: DESCRIPTION})


def namespace_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield a namespace that is new or has changed."""
    if change.new is not None:
        yield Work(LEADER, change.key)


def certificate_changed(change: Change, _: Store) -> Iterator[Work]:
    """Yield the namespace of a ConfigMap of this name that was changed or is gone."""
    if change.key.name == ROOT_CA and change.old is not None:
        yield Work(LEADER, ObjectKey("Namespace", "", change.key.namespace))


ROOTCACERTPUBLISHER = Component(
    family="root-ca-certificate-publisher-controller",
    watches={"Namespace": namespace_changed, "ConfigMap": certificate_changed},
    reconcile=reconcile,
    writes=frozenset({Write(Verb.CREATE, "ConfigMap"), Write(Verb.UPDATE, "ConfigMap")}),
)
