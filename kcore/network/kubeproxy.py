"""kube-proxy: on each node a process that hears of Services and EndpointSlices.

Its table is computed from what it has heard whenever a request is routed (`kcore.network.route`), so the process has
nothing to write and nothing to do; that it lags, is cut off or restarts is what matters about it.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/cmd/kube-proxy/app/server.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kcore.apiserver.changes import Change
from kcore.apiserver.store import Store
from kcore.client.component import Component, Work
from kcore.client.turn import Key, Turn
from kcore.client.view import View


def _no_work(_change: Change, _store: Store) -> Iterable[Work]:
    """Return nothing: the table follows from what was heard."""
    return ()


def reconcile(_memory: Any, _view: View, _key: Key) -> Turn:
    """Do nothing: no change makes work."""
    return Turn()


KUBE_PROXY = Component(
    family="kube-proxy",
    watches={"Service": _no_work, "EndpointSlice": _no_work},
    reconcile=reconcile,
    per_node=True,
)
