"""DefaultBinder: a pod is bound through the subresource binding, by its uid.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/defaultbinder/default_binder.go
"""

from __future__ import annotations

from kcore.api.core.binding import Binding
from kcore.api.core.pod import Pod
from kcore.api.core.references import ObjectReference
from kcore.api.kinds import key_of
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.apiserver.request import Request, Verb
from kcore.client.component import Write
from kcore.scheduler.framework import LifecyclePlugin

NAME = "DefaultBinder"


def _bind(pod: Pod, node: str) -> Request:
    meta = pod.metadata
    binding = Binding(
        metadata=ObjectMeta(name=meta.name, namespace=meta.namespace, uid=meta.uid),
        target=ObjectReference(kind="Node", name=node),
    )
    return Request(verb=Verb.CREATE, key=key_of(pod), subresource="binding", body=binding)


DEFAULT_BINDER = LifecyclePlugin(name=NAME, bind=_bind, writes=frozenset({Write(Verb.CREATE, "Pod", "binding")}))
