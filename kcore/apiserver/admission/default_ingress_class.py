"""DefaultIngressClass: an Ingress that names no class gets the default one when it is created.

Models the newest class that is marked as the default, then the first by name. One that names its class by the old
annotation is left as it is, and so is one that was there before the class.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/network/defaultingressclass/admission.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.api.object import ApiObject
from kcore.apiserver.outcome import Operation
from kcore.apiserver.plugin import Plugin

IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
OLD_CLASS = "kubernetes.io/ingress.class"


def _facts(operation: Operation, _: ApiObject) -> str | None:
    """Return the name of the default class, if there is one."""
    classes = (one.metadata for one in operation.store.list("IngressClass"))
    marked = [one for one in classes if one.annotations.get(IS_DEFAULT) == "true"]
    newest = sorted(marked, key=lambda metadata: (-(metadata.creation_timestamp or 0), metadata.name))
    return newest[0].name if newest else None


def _mutate(wire: Wire, name: str) -> None:
    spec = wire.setdefault("spec", {})
    if "ingressClassName" not in spec and OLD_CLASS not in (wire["metadata"].get("annotations") or {}):
        spec["ingressClassName"] = name


PLUGIN = Plugin(name="DefaultIngressClass", kinds=frozenset({"Ingress"}), facts=_facts, mutate=_mutate)
