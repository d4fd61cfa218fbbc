"""PodSecurity: pods keep to the level of the Pod Security Standards that their namespace enforces.

Models the three levels, by the label of the namespace. Levels that only warn or audit refuse nothing, and workloads are
not looked at, only their pods.

Not modelled: the standards of older versions: whatever version a namespace names, the latest counts; exemptions.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/pod-security-admission/admission/admission.go
"""

from __future__ import annotations

from collections.abc import Mapping

from kcore.api.convert import to_wire
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin
from kcore.apiserver.podsecurity import baseline, restricted
from kcore.apiserver.podsecurity.pod import Check
from kcore.apiserver.status import Status, forbidden
from kcore.apiserver.store import Store

ENFORCE = "pod-security.kubernetes.io/enforce"
VERSION = "pod-security.kubernetes.io/enforce-version"


def _charge(operation: Operation, store: Store, new: ApiObject, _: ApiObject | None) -> Store | Status:
    """Return the store as it is, or why `new` is not of the level that its namespace enforces."""
    namespace = store.get(ObjectKey("Namespace", "", new.metadata.namespace))
    labels: Mapping[str, str] = namespace.metadata.labels if namespace is not None else {}
    level = labels.get(ENFORCE)
    if level is None:
        return store
    pod = to_wire(new)
    breaches = [str(breach) for check in LEVELS.get(level, LEVELS["restricted"]) if (breach := check(pod))]
    if not breaches:
        return store
    said = f'violates PodSecurity "{level}:{labels.get(VERSION, "latest")}": {", ".join(breaches)}'
    return forbidden(operation.kind, new.metadata.name, said)


LEVELS: Mapping[str, tuple[Check, ...]] = {
    "privileged": (),
    "baseline": (*baseline.ALWAYS, *baseline.ONLY),
    "restricted": (*baseline.ALWAYS, *restricted.CHECKS),
}
"""The checks by level; a level that does not exist is taken for the strictest."""

PLUGIN = Plugin(name="PodSecurity", kinds=frozenset({"Pod"}), charge=_charge)
