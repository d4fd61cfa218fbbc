"""The binding subresource: a pod put on a node, once.

Models the scheduler's write: the node name, the PodScheduled condition, the annotations and labels that come with the
binding, and the conflicts: the pod is bound, gated, another one by now, or being deleted. The node need not exist. The
nomination ends with the binding; the generation stays.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/core/pod/storage/storage.go
"""

from __future__ import annotations

from kcore.api.convert import structure
from kcore.api.core.binding import Binding
from kcore.api.core.pod import Pod
from kcore.api.evolve import evolve
from kcore.api.frozenmap import FrozenMap
from kcore.api.kinds import class_kind
from kcore.api.meta.condition import Condition
from kcore.api.object import ApiObject
from kcore.apiserver import admission
from kcore.apiserver.conditions import with_condition
from kcore.apiserver.decode import decode
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Verb
from kcore.apiserver.status import Status, failure, name_mismatch
from kcore.apiserver.verbs.get import existing
from kcore.machine import Note

KIND = class_kind(Binding)
SCHEDULED = Condition(type="PodScheduled", status="True")


def bind(operation: Operation) -> Outcome:
    """Put the pod on the node that the binding names."""
    sent = _sent(operation)
    if isinstance(sent, Status):
        return operation.refuse(sent)
    binding = admission.revised(operation, Verb.CREATE, sent)
    pod = existing(operation)
    if isinstance(pod, Status):
        return operation.refuse(pod)
    why = _impossible(pod, binding)
    if why or not isinstance(pod, Pod):
        message = f'Operation cannot be fulfilled on pods/binding "{operation.key.name}": {why}'
        return operation.refuse(Status(code=409, reason="Conflict", message=message))
    store = operation.store.put(_bound(pod, binding, operation))
    note = Note("object.bound", object=str(operation.key), node=binding.target.name, client=operation.request.client)
    return operation.grant(store, None, note, code=201)


def _sent(operation: Operation) -> Binding | Status:
    """Return the binding of the body."""
    body = operation.request.body
    if not isinstance(body, Binding):
        wire = decode(body, KIND, strict=operation.request.options.strict)
        if isinstance(wire, Status):
            return wire
        body = structure(Binding, wire)
    if body.metadata.name not in ("", operation.key.name):
        return name_mismatch("name", body.metadata.name, operation.key.name)
    if body.target.kind not in ("", "Node"):
        return failure('target.kind: Unsupported value: supported values: "Node", "<empty>"')
    return body if body.target.name else failure("target.name: Required value")


def _impossible(pod: ApiObject, binding: Binding) -> str:
    """Return why the pod can't be bound, "" when it can."""
    if not isinstance(pod, Pod):
        return "not a pod"
    metadata = pod.metadata
    uid, version = binding.metadata.uid, binding.metadata.resource_version
    if uid and uid != metadata.uid:
        return f"Precondition failed: UID in precondition: {uid}, UID in object meta: {metadata.uid}"
    if version and version != metadata.resource_version:
        return (
            f"Precondition failed: resourceVersion in precondition: {version}, in object: {metadata.resource_version}"
        )
    if metadata.deletion_timestamp is not None:
        return f"pod {metadata.name} is being deleted, cannot be assigned to a host"
    if pod.spec.node_name:
        return f'pod {metadata.name} is already assigned to node "{pod.spec.node_name}"'
    return f"pod {metadata.name} has non-empty .spec.schedulingGates" if pod.spec.scheduling_gates else ""


def _bound(pod: Pod, binding: Binding, operation: Operation) -> Pod:
    """Return `pod` on the node of `binding`."""
    conditions = with_condition(pod.status.conditions, SCHEDULED, operation.context.time)
    metadata, given = pod.metadata, binding.metadata
    if given.annotations or given.labels:
        metadata = evolve(
            metadata,
            annotations=FrozenMap({**metadata.annotations, **given.annotations}),
            labels=FrozenMap({**metadata.labels, **given.labels}),
        )
    return evolve(
        pod,
        metadata=metadata,
        spec=evolve(pod.spec, node_name=binding.target.name),
        status=evolve(pod.status, conditions=conditions, nominated_node_name=""),
    )
