"""Templates: which ReplicaSets are of the Deployment's template, and the name that a template gets.

Models equality without the label `pod-template-hash`, by which the new ReplicaSet is told from the old ones (of
several, the oldest). The hash itself is `kcore.reconcile.templatehash`.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/controller_utils.go
"""

from __future__ import annotations

from collections.abc import Sequence

from kcore.api.apps.replicaset import ReplicaSet
from kcore.api.core.pod import PodTemplateSpec
from kcore.api.evolve import evolve
from kcore.controllers.deployment.replicas import by_creation

HASH_LABEL = "pod-template-hash"


def equal_ignore_hash(one: PodTemplateSpec, other: PodTemplateSpec) -> bool:
    """Tell whether the templates are the same, the label with the hash aside."""
    if one is other:
        return True
    if one.spec != other.spec or one.extra != other.extra:
        return False
    return without_hash(one).metadata == without_hash(other).metadata


def split(
    template: PodTemplateSpec, replica_sets: Sequence[ReplicaSet]
) -> tuple[ReplicaSet | None, tuple[ReplicaSet, ...]]:
    """Return the new ReplicaSet, the oldest of the template, if there is one, and all others, the oldest first."""
    ordered = sorted(replica_sets, key=by_creation)
    new = next((one for one in ordered if equal_ignore_hash(one.spec.template, template)), None)
    return new, tuple(one for one in ordered if new is None or one.metadata.uid != new.metadata.uid)


def with_hash(template: PodTemplateSpec, value: str) -> PodTemplateSpec:
    """Return the template with the label that says its hash."""
    labels = template.metadata.labels.set(HASH_LABEL, value)
    return evolve(template, metadata=evolve(template.metadata, labels=labels))


def without_hash(template: PodTemplateSpec) -> PodTemplateSpec:
    """Return the template without the label that says its hash."""
    if HASH_LABEL not in template.metadata.labels:
        return template
    labels = template.metadata.labels.remove(HASH_LABEL)
    return evolve(template, metadata=evolve(template.metadata, labels=labels))
