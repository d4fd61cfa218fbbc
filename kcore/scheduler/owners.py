"""Owners: whose pod a pod is, and which namespaces there are.

Models what the scheduler's plugins read beside nodes and pods: the labels of namespaces, the selectors of Services, of
ReplicaSets and of StatefulSets, and from these the pods beside which a pod is spread by default: those that every
Service of the pod and its controller select.

Not modelled: ReplicationControllers.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/scheduler/framework/plugins/helper/spread.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from pyrsistent import PMap, pmap

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.namespace import Namespace
from kcore.api.core.service import Service
from kcore.api.frozenmap import EMPTY, FrozenMap
from kcore.api.meta.objectmeta import OwnerReference
from kcore.api.object import ApiObject
from kcore.api.selectors.label import Selector, everything, from_set
from kcore.placement.podaffinity import readable

_CONTROLLERS = ("ReplicaSet", "StatefulSet")


@attrs.frozen(kw_only=True, eq=False)
class Owners:
    """The labels of each namespace; the selectors of Services by namespace and name; those of controllers by name."""

    namespaces: PMap[str, FrozenMap[str]] = pmap()
    services: PMap[str, FrozenMap[FrozenMap[str]]] = pmap()
    selectors: PMap[tuple[str, str, str], Selector] = pmap()

    def after(self, old: ApiObject | None, new: ApiObject | None) -> Owners:
        """Return the owners after `old` (None: absent) became `new`; itself if nothing changed that is read."""
        found = new or old
        if isinstance(found, Namespace):
            return self._with_namespace(found.metadata.name, None if new is None else new.metadata.labels)
        if isinstance(found, Service):
            selector = new.spec.selector if isinstance(new, Service) else EMPTY
            return self._with_service(found.metadata.namespace, found.metadata.name, selector)
        if isinstance(found, ReplicaSet | StatefulSet):
            key = (type(found).__name__, found.metadata.namespace, found.metadata.name)
            chosen = new.spec.selector if isinstance(new, ReplicaSet | StatefulSet) else None
            return self._with_selector(key, None if chosen is None else readable(chosen))
        return self

    def default_selector(
        self, namespace: str, labels: FrozenMap[str], references: Iterable[OwnerReference]
    ) -> Selector:
        """Return the selector of the pods beside which such a pod is spread by default; an empty one for none."""
        services = self.services.get(namespace, EMPTY)
        chosen: dict[str, str] = {}
        for selector in services.values():
            if all(labels.get(key) == value for key, value in selector.items()):
                chosen.update(selector)
        owner = next((one for one in references if one.controller), None)
        if owner is None or owner.kind not in _CONTROLLERS:
            return from_set(chosen) if chosen else everything()
        known = self.selectors.get((owner.kind, namespace, owner.name), everything())
        requirements = {*from_set(chosen).requirements, *known.requirements}
        return Selector(requirements=tuple(sorted(requirements, key=str)), matches_nothing=known.matches_nothing)

    def _with_namespace(self, name: str, labels: FrozenMap[str] | None) -> Owners:
        if self.namespaces.get(name) == labels:
            return self
        kept = self.namespaces.discard(name) if labels is None else self.namespaces.set(name, labels)
        return attrs.evolve(self, namespaces=kept)

    def _with_service(self, namespace: str, name: str, selector: FrozenMap[str]) -> Owners:
        """Return the owners with the selector of a Service; one without a selector has no pods."""
        services = self.services.get(namespace, EMPTY)
        if services.get(name, EMPTY) == selector:
            return self
        changed = services.set(name, selector) if selector else services.remove(name)
        return attrs.evolve(self, services=self.services.set(namespace, changed))

    def _with_selector(self, key: tuple[str, str, str], selector: Selector | None) -> Owners:
        if self.selectors.get(key) == selector:
            return self
        kept = self.selectors.discard(key) if selector is None else self.selectors.set(key, selector)
        return attrs.evolve(self, selectors=kept)


NO_OWNERS = Owners()
