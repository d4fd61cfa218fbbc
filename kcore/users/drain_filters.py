"""Drain filters: which pods of a node a drain evicts, which it leaves, and which keep it from starting.

Models the filters of `kubectl drain` in their order: pods that were deleted long ago, pods of DaemonSets, mirrors of
static pods, pods with local storage, pods without a controller. The first filter that does not let a pod go decides.
Pods that a selector leaves out are not looked at.

Not modelled: warnings.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/drain/filters.go
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import attrs

from kcore.api.core.pod import Pod
from kcore.api.kinds import key_of
from kcore.api.object import ObjectKey
from kcore.apiserver.store import Store

MIRROR = "kubernetes.io/config.mirror"
"""The annotation of a pod that a kubelet shows for a static one."""

DAEMONSET_MANAGED = "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
LOCAL_STORAGE = "cannot delete Pods with local storage (use --delete-emptydir-data to override)"
UNMANAGED = "cannot delete Pods that declare no controller (use --force to override)"


@attrs.frozen(kw_only=True)
class Overrides:
    """What a person accepts that a drain refuses by itself."""

    ignore_daemonsets: bool = False
    delete_emptydir_data: bool = False
    force: bool = False


NO_OVERRIDES = Overrides()


class Doomed(NamedTuple):
    """A pod that a drain evicts; another pod of its name is none of the drain's business."""

    key: ObjectKey
    uid: str


class Sorted(NamedTuple):
    """The pods to evict, and what keeps the drain from starting, each problem with its pods."""

    doomed: tuple[Doomed, ...]
    problems: tuple[str, ...]


Filter: TypeAlias = Callable[[Store, Pod, Overrides], str | None]
"""Returns None to let the pod go, "" to leave it where it is, or why the drain must not start."""


def nobody(_: Pod) -> bool:
    """Tell that a pod is looked at, like any other."""
    return False


def sort_pods(store: Store, node: str, overrides: Overrides, passed_over: Callable[[Pod], bool] = nobody) -> Sorted:
    """Return what a drain of `node` does about each of its pods, but for those that are passed over."""
    doomed: list[Doomed] = []
    refused: dict[str, list[str]] = {}
    for pod in store.on_node(node):
        if not isinstance(pod, Pod) or passed_over(pod):
            continue
        verdict = next((why for why in (one(store, pod, overrides) for one in FILTERS) if why is not None), None)
        if verdict is None:
            doomed.append(Doomed(key_of(pod), pod.metadata.uid))
        elif verdict:
            refused.setdefault(verdict, []).append(f"{pod.metadata.namespace}/{pod.metadata.name}")
    return Sorted(tuple(doomed), tuple(f"{why}: {', '.join(refused[why])}" for why in sorted(refused)))


def _ended(pod: Pod) -> bool:
    return pod.status.phase in ("Succeeded", "Failed")


def daemon_set(store: Store, pod: Pod, overrides: Overrides) -> str | None:
    """Leave the pods of DaemonSets, if that is accepted; one whose DaemonSet is gone goes by force."""
    controller = pod.metadata.controller
    if controller is None or controller.kind != "DaemonSet" or _ended(pod):
        return None
    if store.get(ObjectKey("DaemonSet", pod.metadata.namespace, controller.name)) is None:
        return None if overrides.force else f'cannot delete daemonsets.apps "{controller.name}" not found'
    return "" if overrides.ignore_daemonsets else DAEMONSET_MANAGED


def mirror_pod(_: Store, pod: Pod, __: Overrides) -> str | None:
    """Leave the mirrors of static pods: only their kubelet ends those."""
    return "" if MIRROR in pod.metadata.annotations else None


def local_storage(_: Store, pod: Pod, overrides: Overrides) -> str | None:
    """Refuse to lose the contents of emptyDir volumes, unless that is accepted."""
    if _ended(pod) or overrides.delete_emptydir_data:
        return None
    return LOCAL_STORAGE if any(volume.empty_dir is not None for volume in pod.spec.volumes) else None


def unreplicated(_: Store, pod: Pod, overrides: Overrides) -> str | None:
    """Refuse to end what nobody starts again, unless that is accepted."""
    managed = pod.metadata.controller is not None
    return None if managed or _ended(pod) or overrides.force else UNMANAGED


FILTERS: tuple[Filter, ...] = (daemon_set, mirror_pod, local_storage, unreplicated)
