"""CoreDNS: the server that answers for the names of the cluster.

It hears of Services and EndpointSlices, and answers by what it has heard (`kcore.network.dns`); that it lags or does
not run is what matters about it. It has nothing to write and nothing to do.

Simplified: it runs beside the API servers, one on each master, and any of them answers; that it is pods on nodes, as in
most clusters, shows only in what a NetworkPolicy has to let through (`SERVER`).

Upstream: https://github.com/coredns/coredns/blob/master/plugin/kubernetes/README.md
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kcore.api.convert import from_wire
from kcore.api.core.pod import Pod
from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import Component, Work
from kcore.client.turn import Key, Turn
from kcore.client.view import View

FAMILY = "coredns"
PORT = 53


def _server() -> Pod:
    metadata = {"name": FAMILY, "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}
    found = from_wire({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": []}})
    assert isinstance(found, Pod)  # noqa: S101 - what it was made as
    return found


SERVER = _server()
"""The server as a NetworkPolicy sees it."""


def _no_work(_change: Change, _store: Store) -> Iterable[Work]:
    """Return nothing: an answer follows from what was heard."""
    return ()


def reconcile(_memory: Any, _view: View, _key: Key) -> Turn:
    """Do nothing: no change makes work."""
    return Turn()


COREDNS = Component(
    family=FAMILY,
    watches={"Service": _no_work, "EndpointSlice": _no_work},
    reconcile=reconcile,
)
