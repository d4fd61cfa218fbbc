"""Network of a state: what each of its processes knows of the network, as `kcore.network.path` asks for it.

Models that any DNS server and any load balancer that runs answers, the first by name.
"""

from __future__ import annotations

from kcore.client.view import View
from kcore.cluster.process import Process
from kcore.cluster.state import ClusterState
from kcore.network.network import Network

KUBE_PROXY, COREDNS, BALANCER, CACHE = "kube-proxy", "coredns", "cloud-load-balancer", "node-local-dns"


def network_of(state: ClusterState) -> Network:
    """Return the network of a state."""
    families: dict[str, dict[str, Process]] = {KUBE_PROXY: {}, COREDNS: {}, BALANCER: {}, CACHE: {}}
    for name, process in state.processes.items():
        if name.family in families:
            families[name.family][name.instance] = process
    proxies = families[KUBE_PROXY]
    balancer = _first(families[BALANCER])
    names = _first(families[COREDNS])
    return Network(
        now=View(state.store, state.now),
        world=state.world,
        tables={node: _heard(state, proxies[node]) for node in sorted(proxies)},
        names=None if names is None else _heard(state, names),
        balancer=None if balancer is None else _heard(state, balancer),
        late=balancer is not None and not balancer.linked,
        kept={node: families[CACHE][node].memory for node in sorted(families[CACHE])},
    )


def _first(processes: dict[str, Process]) -> Process | None:
    return processes[min(processes)] if processes else None


def _heard(state: ClusterState, process: Process) -> View:
    """Return what a process has heard of."""
    return View(state.store if process.cache is None else process.cache, state.now)
