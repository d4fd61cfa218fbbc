"""Templates: what a pod of a DaemonSet has beyond its template.

Models the tolerations that let it stay through trouble with its node, the labels that tell which template it is of, and
the node affinity by which the scheduler binds it to the one node that it is meant for.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/daemon/util/daemonset_util.go
"""

from __future__ import annotations

import re
from functools import lru_cache

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.core.affinity import Affinity, NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from kcore.api.core.pod import Pod, PodTemplateSpec
from kcore.api.core.podspec import PodSpec
from kcore.api.core.taint import Toleration
from kcore.api.evolve import evolve
from kcore.placement.nodeaffinity import NAME_FIELD, required
from kcore.reconcile.history import REVISION_LABEL

GENERATION_LABEL = "pod-template-generation"
"""The label of a pod with the generation of the template."""

GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"
"""The annotation of a DaemonSet with the generation of its template."""

_NO_SCHEDULE = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)


def _exists(condition: str, effect: str) -> Toleration:
    return Toleration(key=f"node.kubernetes.io/{condition}", operator="Exists", effect=effect)


TOLERATIONS = (
    _exists("not-ready", "NoExecute"),
    _exists("unreachable", "NoExecute"),
    *(_exists(condition, "NoSchedule") for condition in _NO_SCHEDULE),
)
"""What every pod of a DaemonSet tolerates."""

HOST_NETWORK = _exists("network-unavailable", "NoSchedule")
"""What a pod tolerates besides when it uses the network of its node."""


@lru_cache(maxsize=1024)
def with_tolerations(spec: PodSpec) -> PodSpec:
    """Return `spec` with the tolerations that are added; one alike but for its seconds is replaced in its place."""
    tolerations = spec.tolerations
    for added in (*TOLERATIONS, HOST_NETWORK) if spec.host_network else TOLERATIONS:
        replaced = tuple(added if _matches(one, added) else one for one in tolerations)
        tolerations = replaced if added in replaced else (*replaced, added)
    return evolve(spec, tolerations=tolerations)


def pod_template(daemon_set: DaemonSet, revision_hash: str, node: str) -> PodTemplateSpec:
    """Return the template of the pod that is to run on `node`."""
    template = daemon_set.spec.template
    labels = template.metadata.labels
    generation = template_generation(daemon_set)
    if generation is not None:
        labels = labels.set(GENERATION_LABEL, str(generation))
    if revision_hash:
        labels = labels.set(REVISION_LABEL, revision_hash)
    spec = with_tolerations(template.spec)
    return evolve(
        template,
        metadata=evolve(template.metadata, labels=labels),
        spec=evolve(spec, affinity=bound_to(spec.affinity, node)),
    )


def bound_to(affinity: Affinity | None, node: str) -> Affinity:
    """Return `affinity` with required terms that allow `node` alone, in place of any others."""
    field = NodeSelectorRequirement(key=NAME_FIELD, operator="In", values=(node,))
    selector = NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(field,)),))
    affinity = affinity or Affinity()
    of_node = affinity.node_affinity or NodeAffinity()
    return evolve(
        affinity,
        node_affinity=evolve(of_node, required_during_scheduling_ignored_during_execution=selector),
    )


def target_node(pod: Pod) -> str | None:
    """Return the node that `pod` is on or is meant for; None when it does not say."""
    if pod.spec.node_name:
        return pod.spec.node_name
    selector = required(pod.spec.affinity)
    for term in selector.node_selector_terms if selector else ():
        for field in term.match_fields:
            if field.key == NAME_FIELD and field.operator == "In":
                return field.values[0] if len(field.values) == 1 else None
    return None


def has_hash(pod: Pod, revision_hash: str) -> bool:
    """Tell whether `pod` is labelled with the hash."""
    return bool(revision_hash) and pod.metadata.labels.get(REVISION_LABEL) == revision_hash


def is_updated(pod: Pod, revision_hash: str, generation: int | None) -> bool:
    """Tell whether `pod` is of the latest template, by its hash or by the `generation` of the template."""
    labelled = pod.metadata.labels.get(GENERATION_LABEL)
    return has_hash(pod, revision_hash) or (generation is not None and labelled == str(generation))


def template_generation(daemon_set: DaemonSet) -> int | None:
    """Return the generation of the template, None when the DaemonSet does not say one."""
    text = daemon_set.metadata.annotations.get(GENERATION_ANNOTATION, "")
    return int(text) if _INTEGER.fullmatch(text) else None


def _matches(one: Toleration, other: Toleration) -> bool:
    """Tell whether two tolerations bear the same, if maybe not for as long."""
    return (one.key, one.effect, one.operator, one.value) == (other.key, other.effect, other.operator, other.value)
