"""DefaultStorageClass: a claim that names no class gets the default one.

Models the newest class that is marked as the default, then the first by name.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/storage/storageclass/setdefault/admission.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.api.object import ApiObject
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin

IS_DEFAULT = "storageclass.kubernetes.io/is-default-class"
BETA_IS_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"


def _facts(operation: Operation, _: ApiObject) -> str | None:
    """Return the name of the default class, if there is one."""
    marked = (
        one.metadata
        for one in operation.store.list("StorageClass")
        if "true" in (one.metadata.annotations.get(IS_DEFAULT), one.metadata.annotations.get(BETA_IS_DEFAULT))
    )
    newest = sorted(marked, key=lambda metadata: (-(metadata.creation_timestamp or 0), metadata.name))
    return newest[0].name if newest else None


def _mutate(wire: Wire, name: str) -> None:
    annotations = wire["metadata"].get("annotations") or {}
    if "storageClassName" not in wire["spec"] and BETA_CLASS not in annotations:
        wire["spec"]["storageClassName"] = name


PLUGIN = Plugin(name="DefaultStorageClass", kinds=frozenset({"PersistentVolumeClaim"}), facts=_facts, mutate=_mutate)
