"""Identity: the ordinals, names, labels and volumes of a StatefulSet's pods, and the pods to create.

Models the name "web-2" of the pod with the ordinal 2, its hostname and subdomain, the labels that say name, ordinal and
revision, and the volume of each claim template, which takes the place of a volume of its name.

Not modelled: the feature gate MaxUnavailableStatefulSet, which is off.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/statefulset/stateful_set_utils.go
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

from kcore.api.apps.statefulset import StatefulSet
from kcore.api.core.persistentvolumeclaim import PersistentVolumeClaim
from kcore.api.core.pod import Pod
from kcore.api.core.volume import PersistentVolumeClaimVolumeSource, Volume
from kcore.api.evolve import evolve
from kcore.controllers.statefulset.history import Revisions
from kcore.reconcile.history import REVISION_LABEL
from kcore.reconcile.ownership import controller_ref
from kcore.reconcile.podutil import TERMINAL, is_pod_ready, pod_from_template

ROLLING_UPDATE = "RollingUpdate"
ON_DELETE = "OnDelete"
PARALLEL = "Parallel"

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"

Predicate: TypeAlias = Callable[[Pod], bool]
"""Tells something of a pod."""

_NAME = re.compile(r"(.*)-([0-9]+)", re.ASCII | re.DOTALL)
_MAX_ORDINAL = 2**31 - 1
_MAX_DIGITS = 300


def parent_and_ordinal(pod: Pod) -> tuple[str, int]:
    """Return the name of the set and the ordinal that the pod's name is made of; "" and -1 when it is not."""
    match = _NAME.fullmatch(pod.metadata.name)
    if match is None:
        return "", -1
    ordinal = int(match[2]) if len(match[2]) <= _MAX_DIGITS else -1
    return match[1], ordinal if ordinal <= _MAX_ORDINAL else -1


def ordinal_of(pod: Pod) -> int:
    """Return the ordinal in the pod's name; -1 when there is none."""
    return parent_and_ordinal(pod)[1]


def is_member_of(stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether the pod has a name of this set."""
    return parent_and_ordinal(pod)[0] == stateful_set.metadata.name


def desired(stateful_set: StatefulSet) -> int:
    """Return how many pods are asked for."""
    replicas = stateful_set.spec.replicas
    return 1 if replicas is None else replicas


def start_ordinal(stateful_set: StatefulSet) -> int:
    """Return the ordinal of the first pod."""
    ordinals = stateful_set.spec.ordinals
    return ordinals.start if ordinals else 0


def in_range(stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether the pod's ordinal is one that the set asks for."""
    start = start_ordinal(stateful_set)
    return start <= ordinal_of(pod) < start + desired(stateful_set)


def partition(stateful_set: StatefulSet) -> int:
    """Return how many pods, from the first, a rolling update leaves alone."""
    rolling = stateful_set.spec.update_strategy.rolling_update
    return (rolling.partition or 0) if rolling else 0


def pod_name(stateful_set: StatefulSet, ordinal: int) -> str:
    """Return the name of the set's pod with this ordinal."""
    return f"{stateful_set.metadata.name}-{ordinal}"


def claim_name(stateful_set: StatefulSet, template: PersistentVolumeClaim, ordinal: int) -> str:
    """Return the name of the claim that the pod with this ordinal has from a claim template."""
    return f"{template.metadata.name}-{stateful_set.metadata.name}-{ordinal}"


def claim_names(stateful_set: StatefulSet, pod: Pod) -> Iterator[str]:
    """Yield the names of the pod's claims, in the order of the templates."""
    for template in stateful_set.spec.volume_claim_templates:
        yield claim_name(stateful_set, template, ordinal_of(pod))


def claims_of(stateful_set: StatefulSet, pod: Pod) -> Iterator[PersistentVolumeClaim]:
    """Yield the pod's claims as they are to be created, in the order of the templates."""
    selector = stateful_set.spec.selector
    for template in stateful_set.spec.volume_claim_templates:
        metadata = evolve(
            template.metadata,
            name=claim_name(stateful_set, template, ordinal_of(pod)),
            namespace=stateful_set.metadata.namespace,
            labels=template.metadata.labels.update(selector.match_labels if selector else {}),
        )
        yield evolve(template, metadata=metadata)


def identity_matches(stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether the pod has the name and the label of a pod of this set."""
    parent, ordinal = parent_and_ordinal(pod)
    name = pod.metadata.name
    return (
        ordinal >= 0
        and parent == stateful_set.metadata.name
        and name == pod_name(stateful_set, ordinal)
        and pod.metadata.labels.get(POD_NAME_LABEL) == name
    )


def storage_matches(stateful_set: StatefulSet, pod: Pod) -> bool:
    """Tell whether the pod has a volume for each of its claims."""
    ordinal = ordinal_of(pod)
    volumes = {one.name: one.persistent_volume_claim for one in pod.spec.volumes}
    for template in stateful_set.spec.volume_claim_templates:
        source = volumes.get(template.metadata.name)
        if source is None or source.claim_name != claim_name(stateful_set, template, ordinal):
            return False
    return ordinal >= 0


def with_identity(stateful_set: StatefulSet, pod: Pod) -> Pod:
    """Return the pod with the name and labels of its ordinal."""
    ordinal = ordinal_of(pod)
    name = pod_name(stateful_set, ordinal)
    labels = pod.metadata.labels.update({POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal)})
    namespace = stateful_set.metadata.namespace
    return evolve(pod, metadata=evolve(pod.metadata, name=name, namespace=namespace, labels=labels))


def with_storage(stateful_set: StatefulSet, pod: Pod) -> Pod:
    """Return the pod with a volume for each of its claims, and its other volumes after them."""
    ordinal = ordinal_of(pod)
    claimed = {
        template.metadata.name: PersistentVolumeClaimVolumeSource(
            claim_name=claim_name(stateful_set, template, ordinal)
        )
        for template in stateful_set.spec.volume_claim_templates
    }
    volumes = [Volume(name=name, persistent_volume_claim=source) for name, source in claimed.items()]
    volumes += [one for one in pod.spec.volumes if one.name not in claimed]
    return evolve(pod, spec=evolve(pod.spec, volumes=tuple(volumes)))


def new_pod(stateful_set: StatefulSet, ordinal: int, revision: str) -> Pod:
    """Return the pod to create with this ordinal of the set, whose template is that of the revision."""
    name = pod_name(stateful_set, ordinal)
    pod = pod_from_template(stateful_set.spec.template, stateful_set, controller_ref(stateful_set))
    spec = evolve(pod.spec, hostname=name, subdomain=stateful_set.spec.service_name)
    labels = pod.metadata.labels.set(REVISION_LABEL, revision)
    pod = evolve(pod, metadata=evolve(pod.metadata, name=name, labels=labels), spec=spec)
    return with_storage(stateful_set, with_identity(stateful_set, pod))


def new_versioned_pod(current: StatefulSet, updated: StatefulSet, revisions: Revisions, ordinal: int) -> Pod:
    """Return the pod to create with this ordinal, of the `current` set or the `updated` one."""
    if _stays_current(current, ordinal):
        return new_pod(current, ordinal, revisions.current.metadata.name)
    return new_pod(updated, ordinal, revisions.update.metadata.name)


def _stays_current(stateful_set: StatefulSet, ordinal: int) -> bool:
    strategy, start = stateful_set.spec.update_strategy, start_ordinal(stateful_set)
    if strategy.rolling_update is not None:
        return ordinal < start + partition(stateful_set)
    return strategy.type == ROLLING_UPDATE and ordinal < start + stateful_set.status.current_replicas


def allows_burst(stateful_set: StatefulSet) -> bool:
    """Tell whether pods are created and deleted all at once."""
    return stateful_set.spec.pod_management_policy == PARALLEL


def is_created(pod: Pod) -> bool:
    """Tell whether the API server has the pod."""
    return pod.status.phase != ""


def is_over(pod: Pod) -> bool:
    """Tell whether the pod has come to its end, well or not."""
    return pod.status.phase in TERMINAL


def is_terminating(pod: Pod) -> bool:
    """Tell whether the pod is being deleted."""
    return pod.metadata.deletion_timestamp is not None


def is_running_and_ready(pod: Pod) -> bool:
    """Tell whether the pod is running and its condition Ready is True."""
    return pod.status.phase == "Running" and is_pod_ready(pod)
