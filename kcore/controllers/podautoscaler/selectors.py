"""Selectors: the target of an autoscaler and the pods that it stands for, and whether another one stands for them too.

Models that the pods of a scale are those that its selector matches, and that an autoscaler whose pods have two of them
does not act. Which autoscalers stand for a pod is told by the controllers above it, one after the other.

Not modelled: that upstream goes by selectors there: pods that the selector of a target matches without being the
target's.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/podautoscaler/hpa_selector_store.go
"""

from __future__ import annotations

from collections.abc import Iterator

from pyrsistent import PMap, pmap

from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscaler
from kcore.api.autoscaling.scale import Scale
from kcore.api.core.pod import Pod
from kcore.api.kinds import KINDS, by_name, key_kind, key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.api.selectors.label import parse
from kcore.api.selectors.requirement import SelectorError
from kcore.client.view import View
from kcore.controllers.podautoscaler.status import ACTIVE, Session
from kcore.reconcile.derived import Derived

SCALED = tuple(key_kind(kind) for kind in KINDS if "scale" in kind.subresources)
"""The kinds that have a scale."""

MAX_HEIGHT = 10
"""How many controllers above a pod are looked at."""


def target_key(found: HorizontalPodAutoscaler) -> ObjectKey | None:
    """Return the key of what the autoscaler scales; None when no kind has, or may have, that name and group."""
    reference = found.spec.scale_target_ref
    group, _, _ = reference.api_version.rpartition("/")
    kind = by_name(f"{reference.kind}.{group}" if group else reference.kind)
    if kind is None and "." in group:
        return ObjectKey(f"{reference.kind}.{group}", found.metadata.namespace, reference.name)
    if kind is None or kind.group != group or kind.kind != reference.kind:
        return None
    return ObjectKey(key_kind(kind), found.metadata.namespace if kind.namespaced else "", reference.name)


def selected_pods(session: Session, scale: Scale) -> tuple[str, tuple[Pod, ...]]:
    """Return why the pods of `scale` can't be told, "" if they can, and the pods; the condition says so too."""
    text, namespace = scale.status.selector, session.found.metadata.namespace
    if not text:
        session.tell("SelectorRequired", "selector is required")
        session.condition(ACTIVE, "InvalidSelector", "the HPA target's scale is missing a selector", holds=False)
        return "selector is required", ()
    try:
        selector = parse(text)
    except SelectorError as error:
        problem = f"couldn't convert selector into a corresponding internal selector object: {error}"
        return _flawed(session, "InvalidSelector", problem), ()
    pods = tuple(one for one in session.view.select("Pod", namespace, selector) if isinstance(one, Pod))
    rivals = autoscalers_of(session.view, pods)
    if len(rivals) > 1:
        listed = " ".join(f"{key.namespace}/{key.name}" for key in rivals)
        problem = f"pods by selector {text} are controlled by multiple HPAs: [{listed}]"
        return _flawed(session, "AmbiguousSelector", problem), ()
    return "", pods


def autoscalers_of(view: View, pods: tuple[Pod, ...]) -> tuple[ObjectKey, ...]:
    """Return the autoscalers that stand for any of `pods`, sorted."""
    targets = {key for pod in pods for key in _above(view, pod)}
    found = (one for key in sorted(targets) for one in _standing_for(view, key))
    return tuple(sorted(set(found)))


def _flawed(session: Session, reason: str, problem: str) -> str:
    session.tell(reason, problem)
    session.condition(ACTIVE, reason, problem, holds=False)
    return problem


def _above(view: View, pod: Pod) -> Iterator[ObjectKey]:
    """Yield the keys of the controllers above a pod, the nearest first."""
    below: ApiObject | None = pod
    for _ in range(MAX_HEIGHT):
        controller = None if below is None else below.metadata.controller
        if controller is None:
            return
        group, _, _ = controller.api_version.rpartition("/")
        kind = by_name(f"{controller.kind}.{group}" if group else controller.kind)
        if kind is None:
            return
        key = ObjectKey(key_kind(kind), pod.metadata.namespace, controller.name)
        yield key
        below = view.get(key)


def _standing_for(view: View, target: ObjectKey) -> tuple[ObjectKey, ...]:
    return view.derive(f"autoscalers of {target}", lambda store: _BY_TARGET(store).get(target, ()))


def _after(
    index: PMap[ObjectKey, tuple[ObjectKey, ...]], old: ApiObject | None, new: ApiObject | None
) -> PMap[ObjectKey, tuple[ObjectKey, ...]]:
    """Return the index after an autoscaler was `old` and became `new`."""
    was = target_key(old) if isinstance(old, HorizontalPodAutoscaler) else None
    now = target_key(new) if isinstance(new, HorizontalPodAutoscaler) else None
    if was == now:
        return index
    if was is not None and old is not None:
        rest = tuple(one for one in index[was] if one != key_of(old))
        index = index.set(was, rest) if rest else index.remove(was)
    if now is not None and new is not None:
        index = index.set(now, tuple(sorted((*index.get(now, ()), key_of(new)))))
    return index


_NONE: PMap[ObjectKey, tuple[ObjectKey, ...]] = pmap()
_BY_TARGET = Derived(_NONE, _after, ("HorizontalPodAutoscaler",))
