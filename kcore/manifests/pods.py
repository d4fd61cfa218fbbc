"""The pods that an input would make, and what they name.

Models the places in which workloads keep their pod template, and the references of a pod to ConfigMaps, Secrets,
claims, service accounts and priority classes. A volume that a StatefulSet's claim template replaces names nothing. Does
not model references of single volume drivers to Secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from kcore.api.fields.check import Path
from kcore.api.json import Wire
from kcore.manifests.documents import Document

_TEMPLATES: dict[str, Path] = {
    "Pod": (),
    "PodTemplate": ("template",),
    "ReplicationController": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}

POD_KINDS = tuple(_TEMPLATES)
"""The kinds that are pods or hold a pod template."""


@attrs.frozen
class PodPart:
    """A pod or pod template of a document, and the path to it."""

    document: Document
    path: Path
    template: Wire

    @property
    def labels(self) -> dict[str, str]:
        """The labels that the manifest gives the pods."""
        return dig(self.template, "metadata", "labels") or {}

    @property
    def spec(self) -> Wire:
        """The pods' spec."""
        return dig(self.template, "spec") or {}


@attrs.frozen(kw_only=True)
class Reference:
    """A pod's reference to an object of its namespace (or of none); `keys` are the entries of it that it needs."""

    kind: str
    name: str
    path: Path
    optional: bool = False
    keys: tuple[str, ...] = ()


def dig(value: Any, *path: str | int) -> Any:
    """Return the value at `path`, None where something on the way is absent or null."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def pods_of(documents: Iterable[Document]) -> Iterator[PodPart]:
    """Yield the pods and templates of documents whose kind has them."""
    for document in documents:
        template = dig(document.wire, *_TEMPLATES[document.kind])
        if template:
            yield PodPart(document, _TEMPLATES[document.kind], template)


def references(pod: PodPart) -> Iterator[Reference]:
    """Yield what a pod names, in the order of its fields."""
    at = (*pod.path, "spec")
    yield from _named(pod.spec, at, "serviceAccountName", "ServiceAccount")
    yield from _named(pod.spec, at, "priorityClassName", "PriorityClass")
    replaced = {
        dig(claim, "metadata", "name") for claim in dig(pod.document.wire, "spec", "volumeClaimTemplates") or ()
    }
    for index, volume in enumerate(pod.spec.get("volumes") or ()):
        if dig(volume, "name") not in replaced:
            yield from _volume(volume or {}, (*at, "volumes", index))
    for field in ("initContainers", "containers"):
        for index, container in enumerate(pod.spec.get(field) or ()):
            yield from _container(container or {}, (*at, field, index))


def _named(owner: Wire, at: Path, field: str, kind: str) -> Iterator[Reference]:
    if owner.get(field):
        yield Reference(kind=kind, name=owner[field], path=(*at, field))


def _volume(volume: Wire, at: Path) -> Iterator[Reference]:
    claim = volume.get("persistentVolumeClaim") or {}
    yield from _named(claim, (*at, "persistentVolumeClaim"), "claimName", "PersistentVolumeClaim")
    yield from _source(volume, at, "configMap", "ConfigMap", "name")
    yield from _source(volume, at, "secret", "Secret", "secretName")
    for index, source in enumerate(dig(volume, "projected", "sources") or ()):
        yield from _source(source or {}, (*at, "projected", "sources", index), "configMap", "ConfigMap", "name")
        yield from _source(source or {}, (*at, "projected", "sources", index), "secret", "Secret", "name")


def _container(container: Wire, at: Path) -> Iterator[Reference]:
    for index, source in enumerate(container.get("envFrom") or ()):
        yield from _source(source or {}, (*at, "envFrom", index), "configMapRef", "ConfigMap", "name")
        yield from _source(source or {}, (*at, "envFrom", index), "secretRef", "Secret", "name")
    for index, variable in enumerate(container.get("env") or ()):
        source, path = dig(variable, "valueFrom") or {}, (*at, "env", index, "valueFrom")
        yield from _source(source, path, "configMapKeyRef", "ConfigMap", "name")
        yield from _source(source, path, "secretKeyRef", "Secret", "name")


def _source(owner: Wire, at: Path, field: str, kind: str, name: str) -> Iterator[Reference]:
    """Yield the reference in `owner[field]`, which may name a key or items of the object."""
    source = owner.get(field) or {}
    if source.get(name):
        keys = [source.get("key"), *(dig(item, "key") for item in source.get("items") or ())]
        yield Reference(
            kind=kind,
            name=source[name],
            path=(*at, field, name),
            optional=bool(source.get("optional")),
            keys=tuple(key for key in keys if key),
        )
