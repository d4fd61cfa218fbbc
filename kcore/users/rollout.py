"""Rollouts: a new image, a restart, a pause and the end of it.

Models `kubectl set image` and `kubectl rollout restart|pause|resume`: each reads the object, and patches it if that
changes anything. An object that is not there is asked for, so that the API server says so.

Not modelled: several objects or images in one command, and what kubectl sets the image of beyond workloads.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/kubectl/pkg/polymorphichelpers/objectrestarter.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.apps.deployment import Deployment
from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.container import Container
from kcore.api.json import Json, Wire
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.times import Time, format_time
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.cluster.state import ClusterState
from kcore.cluster.target import Target
from kcore.machine import Refusal
from kcore.users.act import missing

IMAGE_RULE = "users.set_image"
RESTART_RULE = "users.restart_rollout"
PAUSE_RULE = "users.pause_rollout"
RESUME_RULE = "users.resume_rollout"

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""The annotation of a template by which a restart makes it a new one."""

ALL = "*"
"""Instead of a container's name: all containers."""

_Requests: TypeAlias = tuple[Request, ...] | Refusal


@attrs.frozen(kw_only=True)
class SetImage:
    """Give a container of the target another image: the one named, all for "*", or the only one for ""."""

    target: Target
    image: str
    container: str = ""


@attrs.frozen(kw_only=True)
class RolloutRestart:
    """Replace all pods of the target, though its template stays what it is."""

    target: Target


@attrs.frozen(kw_only=True)
class RolloutPause:
    """Let changes of the target's template have no effect until it is resumed."""

    target: Target


@attrs.frozen(kw_only=True)
class RolloutResume:
    """Let the target roll out what has changed meanwhile."""

    target: Target


def image_requests(state: ClusterState, event: SetImage) -> _Requests:
    """Return the patch of the images; none when the containers have the image already."""
    found = find(IMAGE_RULE, state, event.target)
    if not isinstance(found, Deployment | StatefulSet | DaemonSet | ReplicaSet):
        return absent(found) or _without(IMAGE_RULE, "the object has no template with containers", event.target)
    spec = found.spec.template.spec
    fields = {"initContainers": spec.init_containers, "containers": spec.containers}
    named = event.container or (spec.containers[0].name if len(spec.containers) == 1 else "")
    if not named:
        return _without(IMAGE_RULE, "the object has several containers; name one", event.target)
    meant = [one for containers in fields.values() for one in containers if named in (ALL, one.name)]
    if not meant:
        return Refusal(IMAGE_RULE, "unable to find the container", target=str(event.target), container=named)
    if all(one.image == event.image for one in meant):
        return ()
    images = {field: _images(containers, named, event.image) for field, containers in fields.items()}
    return patched(state, event.target, _template({"spec": {name: some for name, some in images.items() if some}}))


def restart_requests(state: ClusterState, event: RolloutRestart) -> _Requests:
    """Return the patch of the template's annotation, which holds the time in whole seconds."""
    found = find(RESTART_RULE, state, event.target)
    if not isinstance(found, Deployment | StatefulSet | DaemonSet):
        return absent(found) or _without(RESTART_RULE, "restarting is not supported", event.target)
    if isinstance(found, Deployment) and found.spec.paused:
        return _without(RESTART_RULE, "can't restart a paused deployment (resume it first)", event.target)
    at = format_time(Time(state.now // 1000))
    if found.spec.template.metadata.annotations.get(RESTARTED_AT) == at:
        return _without(RESTART_RULE, "a restart has been triggered within the past second", event.target)
    return patched(state, event.target, _template({"metadata": {"annotations": {RESTARTED_AT: at}}}))


def pause_requests(state: ClusterState, event: RolloutPause) -> _Requests:
    """Return the patch of spec.paused; refused where the target is paused."""
    return _paused(PAUSE_RULE, state, event.target, paused=True)


def resume_requests(state: ClusterState, event: RolloutResume) -> _Requests:
    """Return the patch of spec.paused; refused where the target is not paused."""
    return _paused(RESUME_RULE, state, event.target, paused=False)


def find(rule: str, state: ClusterState, target: Target) -> ApiObject | ObjectKey | Refusal:
    """Return the target; its key when there is none of that name, a refusal when nothing matches."""
    key = target.resolve(state)
    return missing(rule, target) if key is None else state.store.get(key) or key


def absent(found: ApiObject | ObjectKey | Refusal) -> _Requests | None:
    """Return what a command does about a target that was not found; None when it was."""
    if isinstance(found, Refusal):
        return found
    return (Request(verb=Verb.GET, key=found),) if isinstance(found, ObjectKey) else None


def patched(
    state: ClusterState, target: Target, change: Wire, patch_type: PatchType = PatchType.STRATEGIC
) -> tuple[Request, ...]:
    """Return the patch of the target by `change`; nothing when there is no target."""
    key = target.resolve(state)
    options = Options(patch_type=patch_type, strict=True)
    return () if key is None else (Request(verb=Verb.PATCH, key=key, body=Json.of(change), options=options),)


def _paused(rule: str, state: ClusterState, target: Target, *, paused: bool) -> _Requests:
    found = find(rule, state, target)
    if not isinstance(found, Deployment):
        return absent(found) or _without(rule, f"{'pausing' if paused else 'resuming'} is not supported", target)
    if found.spec.paused == paused:
        return _without(rule, "is already paused" if paused else "is not paused", target)
    return patched(state, target, {"spec": {"paused": True if paused else None}})


def _images(containers: Iterable[Container], named: str, image: str) -> list[Wire]:
    return [{"name": one.name, "image": image} for one in containers if named in (ALL, one.name)]


def _template(change: Wire) -> Wire:
    return {"spec": {"template": change}}


def _without(rule: str, why: str, target: Target) -> Refusal:
    return Refusal(rule, why, target=str(target))
