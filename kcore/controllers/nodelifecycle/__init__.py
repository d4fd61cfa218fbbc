"""The node lifecycle controller: nodes that give no sign of life, their taints, and how fast they are given up."""

from kcore.controllers.nodelifecycle.config import NodeLifecycleConfig
from kcore.controllers.nodelifecycle.node_lifecycle_controller import NODELIFECYCLE, nodelifecycle

__all__ = ["NODELIFECYCLE", "NodeLifecycleConfig", "nodelifecycle"]
