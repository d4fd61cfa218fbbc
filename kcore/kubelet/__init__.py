"""The kubelet: it runs the pods that are bound to its node, and reports how they are."""

from kcore.kubelet.config import KubeletConfig, shutdown_periods
from kcore.kubelet.kubelet import KUBELET, kubelet

__all__ = ["KUBELET", "KubeletConfig", "kubelet", "shutdown_periods"]
