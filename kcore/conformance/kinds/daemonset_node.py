"""Whether a node should run a pod of a DaemonSet.

Input: `daemonSet` and `node`, taken as they stand. Says `shouldRun` and `shouldContinueRunning`.
"""

from __future__ import annotations

from typing import Any

from kcore.api.apps.daemonset import DaemonSet
from kcore.api.convert import structure
from kcore.api.core.node import Node
from kcore.controllers.daemonset.eligibility import node_should_run_daemon_pod


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the real controller would say of the node of `case`."""
    daemon_set, node = structure(DaemonSet, case["daemonSet"]), structure(Node, case["node"])
    found = node_should_run_daemon_pod(node, daemon_set.spec.template.spec)
    return {"shouldRun": found.should_run, "shouldContinueRunning": found.should_continue}
