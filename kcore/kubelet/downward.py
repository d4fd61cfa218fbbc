"""Downward: what a container is told of its own pod, and variables that stand in other variables and in its command.

Models the fields and resources of the downward API in the environment, with upstream's rounding, and `$(NAME)`, which
stands for a variable that is defined before, as it is where there is none; `$$` stands for a dollar. A limit that a
container does not have is what its node can give.

Not modelled: files of the downward API, and the variables that tell of Services.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/fieldpath/fieldpath.go
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kcore.api.core.container import Container
from kcore.api.core.env import ResourceFieldSelector
from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.quantity import ZERO, Quantity

CPU = "cpu"
ADDRESSES = frozenset({"status.podIP", "status.podIPs"})
"""The fields that nobody knows before the pod has an address."""

_VARIABLE = re.compile(r"\$(?:\$|\(([^)]*)\))")
_KEYED = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")
_ONE = Quantity.parse("1")


class Facts(NamedTuple):
    """What there is to tell of a pod: itself, its address ("" for none yet), and its node."""

    pod: Pod
    address: str
    node: Node | None

    @property
    def host_ip(self) -> str:
        """The address of the node."""
        return host_ip(self.node)

    @property
    def pod_ip(self) -> str:
        """The address of the pod, which is that of the node in the node's own network."""
        return self.host_ip if self.pod.spec.host_network else self.address


def host_ip(node: Node | None) -> str:
    """Return the address of the node by which it is known: an internal one first."""
    addresses = node.status.addresses if node else ()
    by_type = {one.type: one.address for one in reversed(addresses)}
    return by_type.get("InternalIP") or by_type.get("ExternalIP") or ""


def is_told(container: Container) -> bool:
    """Tell whether a container is told of its pod, or has a variable in a variable or in its command."""
    refers = any("$" in text for text in (*container.command, *container.args))
    return refers or any(
        "$" in one.value
        or (one.value_from is not None and (one.value_from.field_ref or one.value_from.resource_field_ref))
        for one in container.env
    )


def wants_address(container: Container) -> bool:
    """Tell whether a container is told the address of its pod."""
    sources = (one.value_from for one in container.env)
    refs = (one.field_ref for one in sources if one is not None)
    return any(one is not None and one.field_path in ADDRESSES for one in refs)


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Return `text` with the values of the variables that it names; those that there are none of stay as they are."""
    if "$" not in text:
        return text
    return _VARIABLE.sub(lambda found: "$" if found[1] is None else environment.get(found[1], found[0]), text)


def field_value(path: str, facts: Facts) -> str:
    """Return the field of a pod at `path`, "" for one that it does not have."""
    keyed = _KEYED.fullmatch(path)
    if keyed is not None:
        found: Mapping[str, str] = getattr(facts.pod.metadata, keyed[1])
        return found.get(keyed[2], "")
    read = _FIELDS.get(path)
    return "" if read is None else read(facts)


def resource_value(ref: ResourceFieldSelector, container: Container, facts: Facts) -> str:
    """Return a request or limit of a container, in units of the divisor, rounded up."""
    kind, _, resource = ref.resource.partition(".")
    of = container
    if ref.container_name:
        specs = (*facts.pod.spec.containers, *facts.pod.spec.init_containers)
        of = next((one for one in specs if one.name == ref.container_name), container)
    amounts = of.resources.limits if kind == "limits" else of.resources.requests
    amount = amounts.get(resource)
    if amount is None and kind == "limits" and facts.node is not None:
        amount = facts.node.status.allocatable.get(resource)
    divisor = ref.divisor if ref.divisor.sign > 0 else _ONE
    amount = ZERO if amount is None else amount
    if resource == CPU:
        return str(-(-amount.milli_value // divisor.milli_value))
    return str(-(-amount.value // divisor.value))


_FIELDS: Mapping[str, Callable[[Facts], str]] = {
    "metadata.name": lambda facts: facts.pod.metadata.name,
    "metadata.namespace": lambda facts: facts.pod.metadata.namespace,
    "metadata.uid": lambda facts: facts.pod.metadata.uid,
    "spec.nodeName": lambda facts: facts.pod.spec.node_name,
    "spec.serviceAccountName": lambda facts: facts.pod.spec.service_account_name,
    "status.hostIP": lambda facts: facts.host_ip,
    "status.hostIPs": lambda facts: facts.host_ip,
    "status.podIP": lambda facts: facts.pod_ip,
    "status.podIPs": lambda facts: facts.pod_ip,
}
"""The fields of a pod that an environment may have, besides single labels and annotations."""
