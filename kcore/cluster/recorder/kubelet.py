"""What a kubelet tells of its pods, as it shows in what it reports and does.

Models the events of containers that are pulled, created, started, put off, refused and stopped, of a readiness probe
that fails, and of pods that are refused or have run out of time. A kubelet tells of them when it reports them.

Not modelled: an event for each probe that fails before the last and for each try that is put off, the size of images
and how long they took, and the sandbox.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/kubelet/events/event.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kcore.api.core.container import Container
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import ComponentKey
from kcore.client.record.event import NORMAL, WARNING, Occurrence
from kcore.cluster.recorder.notes import KUBELET, reference_to
from kcore.cluster.state import ClusterState
from kcore.kubelet.predicates import DEADLINE_EXCEEDED
from kcore.world.world import World

EVICTED = "Evicted"
"""The reason of a pod that was evicted, which its kubelet tells of with a note."""

_Said = tuple[str, str, str]
"""Type, reason and message."""


def reported(name: ComponentKey, before: ClusterState, after: ClusterState) -> Iterator[Occurrence]:
    """Yield what the kubelet `name` tells of what it did and reported from `before` to `after`."""
    yield from _stopped(name, before.world, after.world, after.store)
    for change in after.store.changes_since(before.store.revision) or ():
        if change.reporter == str(name):
            yield from _changed(name, change)


def _stopped(name: ComponentKey, before: World, after: World, store: Store) -> Iterator[Occurrence]:
    """Yield the containers that were told to stop with their pod."""
    if before is after:
        return
    known = {one.id: one for one in before.sandboxes_on(name.instance)}
    for sandbox in after.sandboxes_on(name.instance):
        old, pod = known.get(sandbox.id), store.get(sandbox.pod)
        if sandbox.stopping and old is not None and not old.stopping and isinstance(pod, Pod):
            for container in old.containers:
                if container.has_process:
                    said = (NORMAL, "Killing", f"Stopping container {container.name}")
                    yield _told(name, pod, container.name, said)


def _changed(name: ComponentKey, change: Change) -> Iterator[Occurrence]:
    old, new = change.old, change.new
    if not isinstance(old, Pod) or not isinstance(new, Pod):
        return
    status = new.status
    if status.reason and status.reason not in (old.status.reason, EVICTED):
        kind = NORMAL if status.reason == DEADLINE_EXCEEDED else WARNING
        yield _told(name, new, "", (kind, status.reason, status.message))
    known = {one.name: one for one in (*old.status.init_container_statuses, *old.status.container_statuses)}
    specs = {one.name: one for one in (*new.spec.init_containers, *new.spec.containers)}
    for one in (*status.init_container_statuses, *status.container_statuses):
        spec = specs.get(one.name)
        for said in _said(new, spec, known.get(one.name), one) if spec is not None else ():
            yield _told(name, new, one.name, said)


def _said(pod: Pod, spec: Container, old: ContainerStatus | None, new: ContainerStatus) -> Iterator[_Said]:
    """Yield what there is to say of a container whose status was `old` and is `new`."""
    was, now = None if old is None else old.state, new.state
    if now.running is not None:
        if was is None or was.running is None or was.running.started_at != now.running.started_at:
            yield from _came_up(spec)
        elif old is not None and old.ready and not new.ready and spec.readiness_probe is not None:
            yield WARNING, "Unhealthy", "Readiness probe failed: "
    elif now.waiting is not None:
        before = was.waiting.reason if was is not None and was.waiting is not None else ""
        if now.waiting.reason != before and now.waiting.reason in _WAITING:
            yield from _WAITING[now.waiting.reason](pod, spec, now.waiting.message)


def _came_up(spec: Container) -> Iterator[_Said]:
    if spec.image_pull_policy == "Always":
        yield NORMAL, "Pulling", f'Pulling image "{spec.image}"'
        took = "in 0s (0s including waiting). Image size: 0 bytes."
        yield NORMAL, "Pulled", f'Successfully pulled image "{spec.image}" {took}'
    else:
        there = "already present on machine and can be accessed by the pod"
        yield NORMAL, "Pulled", f'Container image "{spec.image}" {there}'
    yield NORMAL, "Created", "Container created"
    yield NORMAL, "Started", "Container started"


def _pull_failed(_: Pod, spec: Container, message: str) -> Iterator[_Said]:
    yield NORMAL, "Pulling", f'Pulling image "{spec.image}"'
    yield WARNING, "Failed", f'Failed to pull image "{spec.image}": {message}'
    yield WARNING, "Failed", "Error: ErrImagePull"


def _pull_put_off(_: Pod, spec: Container, __: str) -> Iterator[_Said]:
    yield NORMAL, "BackOff", f'Back-off pulling image "{spec.image}"'
    yield WARNING, "Failed", "Error: ImagePullBackOff"


def _never_pulled(_: Pod, spec: Container, __: str) -> Iterator[_Said]:
    message = f'Container image "{spec.image}" is not present with pull policy of Never'
    yield WARNING, "ErrImageNeverPull", message
    yield WARNING, "Failed", "Error: ErrImageNeverPull"


def _restart_put_off(pod: Pod, spec: Container, _: str) -> Iterator[_Said]:
    meta = pod.metadata
    where = f"{meta.name}_{meta.namespace}({meta.uid})"
    yield WARNING, "BackOff", f"Back-off restarting failed container {spec.name} in pod {where}"


def _not_configured(_: Pod, __: Container, message: str) -> Iterator[_Said]:
    yield WARNING, "Failed", f"Error: {message}"


def _told(name: ComponentKey, pod: Pod, container: str, said: _Said) -> Occurrence:
    field = "initContainers" if any(one.name == container for one in pod.spec.init_containers) else "containers"
    about = reference_to(pod, f"spec.{field}{{{container}}}" if container else "")
    kind, reason, message = said
    return Occurrence(component=KUBELET, host=name.instance, about=about, type=kind, reason=reason, message=message)


_WAITING: Mapping[str, Callable[[Pod, Container, str], Iterator[_Said]]] = {
    "ErrImagePull": _pull_failed,
    "ImagePullBackOff": _pull_put_off,
    "ErrImageNeverPull": _never_pulled,
    "CrashLoopBackOff": _restart_put_off,
    "CreateContainerConfigError": _not_configured,
    "RunContainerError": _not_configured,
    "CreateContainerError": _not_configured,
}
"""What is told of a container that waits, by the reason for it."""
