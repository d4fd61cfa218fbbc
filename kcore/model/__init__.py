"""The model: which rules and components there are, and how a state is stepped, settled and advanced."""

from kcore.cluster.nodes import NodeSpec
from kcore.model.boot import START, Plan, boot
from kcore.model.components import components_of
from kcore.model.model import Model, build_model
from kcore.model.offers import TOTAL, Offered, offer
from kcore.model.settle import Settled, UnsettledError, advance, settle

__all__ = [
    "START",
    "TOTAL",
    "Model",
    "NodeSpec",
    "Offered",
    "Plan",
    "Settled",
    "UnsettledError",
    "advance",
    "boot",
    "build_model",
    "components_of",
    "offer",
    "settle",
]
