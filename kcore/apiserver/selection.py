"""Selection: which objects of a kind a list, watch or collection delete is about.

Models label selectors, field selectors over the fields that each kind may be selected by, and the namespace. A field
that a kind does not have is a 400.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/v1/conversion.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import attrs

from kcore.api.kinds import Kind
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors import field, label
from kcore.api.selectors.field import FieldSelector
from kcore.api.selectors.label import Selector
from kcore.api.selectors.requirement import SelectorError
from kcore.apiserver.commit import part
from kcore.apiserver.outcome import Operation
from kcore.apiserver.status import Status, bad_request
from kcore.apiserver.store import Store

NODE_NAME = "spec.nodeName"


@attrs.frozen(kw_only=True)
class Selection:
    """The objects of `kind` (a key) in `namespace` (None: all), called `name` (None: any), that the selectors match."""

    kind: str
    namespace: str | None
    name: str | None
    labels: Selector
    fields: FieldSelector

    def matches(self, key: ObjectKey, obj: ApiObject) -> bool:
        """Tell whether the object at `key` is selected."""
        return (
            key.kind == self.kind
            and self.namespace in (None, key.namespace)
            and self.name in (None, key.name)
            and self.labels.matches(obj.metadata.labels)
            and self._fields_match(obj)
        )

    def select(self, store: Store) -> tuple[ApiObject, ...]:
        """Return the selected objects of `store`, sorted by namespace and name."""
        if self.name is not None and self.namespace is not None:
            key = ObjectKey(self.kind, self.namespace, self.name)
            found = store.get(key)
            return (found,) if found is not None and self.matches(key, found) else ()
        return tuple(obj for obj in self._candidates(store) if self._admits(obj))

    def _candidates(self, store: Store) -> tuple[ApiObject, ...]:
        """Return the objects that an index finds."""
        nodes = [value for name, value in self.fields.equalities() if name == NODE_NAME]
        if self.kind == "Pod" and nodes:
            pods = store.on_node(nodes[0])
            kept = (pod for pod in pods if self.namespace in (None, pod.metadata.namespace))
            return tuple(pod for pod in kept if self.labels.matches(pod.metadata.labels))
        return store.select(self.kind, self.namespace, self.labels)

    def _admits(self, obj: ApiObject) -> bool:
        return self.name in (None, obj.metadata.name) and self._fields_match(obj)

    def _fields_match(self, obj: ApiObject) -> bool:
        if not self.fields.requirements:
            return True
        wanted = {one.field for one in self.fields.requirements}
        return self.fields.matches({name: _text(obj, name) for name in wanted})


def selection(operation: Operation) -> Selection | Status:
    """Return what the request selects, or the 400 when that can't be understood."""
    options, key = operation.request.options, operation.key
    try:
        labels = label.parse(options.label_selector)
        fields = field.parse(options.field_selector)
    except SelectorError as error:
        return bad_request(str(error))
    for one in fields.requirements:
        if one.field not in (*_selectable(operation.kind), *operation.strategy.selectable):
            return bad_request(f"field label not supported: {one.field}")
    namespace = key.namespace or None if operation.kind.namespaced else ""
    return Selection(kind=key.kind, namespace=namespace, name=key.name or None, labels=labels, fields=fields)


def _selectable(kind: Kind) -> tuple[str, ...]:
    scope = ("metadata.name", "metadata.namespace") if kind.namespaced else ("metadata.name",)
    return scope + _FIELDS.get(kind.kind, ())


def _text(obj: ApiObject, path: str) -> str:
    """Return the value of a selectable field as text."""
    read = _READ.get(path)
    value = read(obj) if read else part(obj, path)
    return str(value).lower() if isinstance(value, bool) else str(value or "") if value != 0 else "0"


def _of_involved(name: str, event: Any) -> str:
    """Return what an event says of the object that it is about."""
    value: str = getattr(event.involved_object, _INVOLVED[name])
    return value


_INVOLVED: Mapping[str, str] = {
    "kind": "kind",
    "namespace": "namespace",
    "name": "name",
    "uid": "uid",
    "apiVersion": "api_version",
    "resourceVersion": "resource_version",
    "fieldPath": "field_path",
}
"""The fields of the reference in an event, with their names here."""

_READ: Mapping[str, Callable[[Any], Any]] = {
    NODE_NAME: lambda obj: obj.spec.node_name,
    "spec.restartPolicy": lambda obj: obj.spec.restart_policy,
    "spec.schedulerName": lambda obj: obj.spec.scheduler_name,
    "spec.serviceAccountName": lambda obj: obj.spec.service_account_name,
    "spec.hostNetwork": lambda obj: obj.spec.host_network,
    "status.podIP": lambda obj: obj.status.pod_ip,
    "status.nominatedNodeName": lambda obj: obj.status.nominated_node_name,
    "spec.clusterIP": lambda obj: obj.spec.cluster_ip,
    "reportingComponent": lambda obj: obj.reporting_component,
    "source": lambda obj: obj.source.component or obj.reporting_component,
    **{f"involvedObject.{name}": partial(_of_involved, name) for name in _INVOLVED},
}
"""The fields whose path does not lead to them through Python's names."""

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Pod": (
        NODE_NAME,
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "Service": ("spec.clusterIP", "spec.type"),
    "ReplicaSet": ("status.replicas",),
    "ReplicationController": ("status.replicas",),
    "Job": ("status.successful",),
    "Secret": ("type",),
    "Event": (*(f"involvedObject.{name}" for name in _INVOLVED), "reason", "reportingComponent", "source", "type"),
    "CertificateSigningRequest": ("spec.signerName",),
}
"""The fields by which a kind may be selected beside name and namespace."""
