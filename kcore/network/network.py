"""Network: what each part of the network knows, and the machines that it connects, as one value.

Models each node's kube-proxy table, the DNS server's and the load balancer's knowledge as views, every one with its own
lag, the answers that nodes keep, and the NetworkPolicies as they are. Two worlds: the views say where a request is
sent, the machines whether it arrives. A pod is known by its address on its machine, whatever the API says of it.

Not modelled: networks that enforce policies late, and packets that are lost by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from kcore.api.core.node import Node
from kcore.api.core.pod import Pod
from kcore.api.object import ObjectKey
from kcore.client.turn import Key
from kcore.client.view import View
from kcore.network.dns import UNANSWERED, Answer, resolve
from kcore.network.nodelocaldns import kept
from kcore.world.sandbox import Sandbox, uid_of
from kcore.world.world import World


@attrs.frozen(kw_only=True)
class Network:
    """`now` is the API as it is; `tables` are the views of the kube-proxies by node, `names` that of a DNS server.

    `balancer` is what the load balancer has heard and `late` tells whether it hears no more. None: there is none.
    `kept` is what the DNS cache of each node remembers, where nodes have one.
    """

    now: View
    world: World
    tables: Mapping[str, View]
    names: View | None = None
    balancer: View | None = None
    late: bool = False
    kept: Mapping[str, Mapping[Key, Any]] = attrs.field(factory=dict)

    def answer(self, node: str, name: str) -> Answer:
        """Return what a pod on a node is answered for a full name: what is kept there, else what the server says."""
        held = kept(self.kept[node], name, self.now.now()) if node in self.kept else None
        if held is not None:
            return held
        return Answer(refusal=UNANSWERED) if self.names is None else resolve(self.names, name)

    def is_on(self, node: str) -> bool:
        """Tell whether there is such a machine, and it is on."""
        machine = self.world.machines.get(node)
        return machine is not None and machine.powered

    def pod_of(self, sandbox: Sandbox) -> Pod | None:
        """Return the pod that a sandbox was made for, None where the API has it no more."""
        found = self.now.get(sandbox.pod)
        return found if isinstance(found, Pod) and uid_of(found) == sandbox.id.pod_uid else None

    def with_address(self, address: str) -> Sandbox | None:
        """Return the sandbox that has an address of its own, None if none does."""
        for node in self.world.machines:
            if address.startswith(self.world.machines[node].prefix):
                held = (one for one in self.world.sandboxes_on(node) if one.address == address and not one.stopped)
                return next(held, None)
        return None

    def node_at(self, address: str) -> str:
        """Return the node that has an address, "" if none does."""
        return next((node for node, held in self.node_addresses() if held == address), "")

    def node_addresses(self) -> Iterable[tuple[str, str]]:
        """Yield each node with each of its IP addresses."""
        for found in self.now.list("Node"):
            if isinstance(found, Node):
                for one in found.status.addresses:
                    if one.type in ("InternalIP", "ExternalIP"):
                        yield found.metadata.name, one.address

    def of_pod(self, node: str, pod: ObjectKey) -> Sandbox | None:
        """Return the sandbox in which a pod runs on a machine, None if none does."""
        return next((one for one in self.world.sandboxes_of(node, pod) if not one.stopped), None)
