"""StorageObjectInUseProtection: volumes and claims are created with a finalizer that keeps them while they are used.

Models the finalizers; the controllers that remove them are elsewhere.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.plugin import Plugin

FINALIZERS = {
    "PersistentVolume": "kubernetes.io/pv-protection",
    "PersistentVolumeClaim": "kubernetes.io/pvc-protection",
}
"""The finalizer of each kind."""


def _mutate(wire: Wire, finalizer: str) -> None:
    metadata = wire["metadata"]
    found = metadata.get("finalizers") or []
    if finalizer not in found:
        metadata["finalizers"] = [*found, finalizer]


PLUGIN = Plugin(
    name="StorageObjectInUseProtection",
    kinds=frozenset(FINALIZERS),
    facts=lambda operation, _: FINALIZERS[operation.key.kind],
    mutate=_mutate,
)
