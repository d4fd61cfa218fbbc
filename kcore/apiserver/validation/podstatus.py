"""What a write of a pod's status may not do: unscheduled moves, another QoS class, containers back from the dead.

Models conditions, IPs and the states of containers. Does not model allocated devices, users of containers and claims.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from kcore.api.convert import unstructure
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.core.podstatus import PodStatus
from kcore.api.resources import is_sidecar
from kcore.apiserver.field import Errors, duplicate, forbidden, immutable, invalid, invalid_each
from kcore.apiserver.validation import names
from kcore.apiserver.validation.meta import object_meta_update
from kcore.apiserver.validation.network import ip, is_dual_stack

_SYSTEM_CONDITIONS = frozenset({"PodScheduled", "Ready", "Initialized"})


def pod_status_update(new: Pod, old: Pod) -> Errors:
    """Yield the errors of a write of the status from the pod `old` to `new`."""
    if new.metadata is not old.metadata:
        yield from object_meta_update(unstructure(new.metadata), unstructure(old.metadata))
    status, was = new.status, old.status
    for i, condition in enumerate(status.conditions):
        if condition.type not in _SYSTEM_CONDITIONS:
            problems = _wrong_with(condition.type)
            yield from invalid_each(f"metadata.conditions[{i}].Type", condition.type, problems)
    if new.spec.node_name != old.spec.node_name:
        yield forbidden("status.nodeName", "may not be changed directly")
    nominated = status.nominated_node_name
    if nominated and nominated != was.nominated_node_name:
        yield from invalid_each("status.nominatedNodeName", nominated, names.dns1123_subdomain(nominated))
    yield from immutable("status.qosClass", status.qos_class or None, was.qos_class or None)
    yield from _container_transitions(status, was, old.spec)
    yield from _addresses([one.ip for one in status.pod_ips], "status.podIPs")
    yield from _host_addresses(status)


@functools.lru_cache(maxsize=1024)
def _wrong_with(name: str) -> tuple[str, ...]:
    """Return what is wrong with the type of a condition."""
    return tuple(names.qualified_name(name))


def _container_transitions(new: PodStatus, old: PodStatus, spec: PodSpec) -> Errors:
    """Yield an error for each container that ended for good and is said to be back."""
    policy, sidecars = (
        spec.restart_policy or "Always",
        tuple(one.name for one in spec.init_containers if is_sidecar(one)),
    )
    for field, after, before, restarts, may_restart in (
        ("containerStatuses", new.container_statuses, old.container_statuses, policy, ()),
        ("initContainerStatuses", new.init_container_statuses, old.init_container_statuses, policy, sidecars),
        ("ephemeralContainerStatuses", new.ephemeral_container_statuses, old.ephemeral_container_statuses, "Never", ()),
    ):
        if restarts != "Always" and before:
            yield from _transitions(after, before, restarts, may_restart, f"status.{field}")


def _transitions(
    new: Sequence[ContainerStatus],
    old: Sequence[ContainerStatus],
    policy: str,
    may_restart: Sequence[str],
    path: str,
) -> Errors:
    for i, before in enumerate(old):
        ended = before.state.terminated
        if ended is None or before.name in may_restart or (ended.exit_code and policy == "OnFailure"):
            continue
        for after in new:
            if after.name == before.name and after.state.terminated is None:
                yield forbidden(f"{path}[{i}].state", "may not be transitioned to non-terminated state")


def _addresses(values: Sequence[str], path: str) -> Errors:
    for i, value in enumerate(values):
        yield from ip(value, f"{path}[{i}]")
    if len(values) > 1 and (not is_dual_stack(values) or len(values) > 2):
        yield invalid(path, [{"ip": one} for one in values], "may specify no more than one IP for each IP family")
    for i, value in enumerate(values):
        if value in values[:i]:
            yield duplicate(f"{path}[{i}]", {"ip": value})


def _host_addresses(status: PodStatus) -> Errors:
    values = [one.ip for one in status.host_ips]
    if not values:
        return
    if values[0] != status.host_ip:
        yield invalid("status.hostIPs[0].ip", values[0], "must be equal to `hostIP`")
    yield from _addresses(values, "status.hostIPs")
