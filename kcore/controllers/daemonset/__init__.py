"""The DaemonSet controller: one pod on each node that is fit for it, of the latest template in the end."""

from kcore.controllers.daemonset.daemon_controller import DAEMONSET

__all__ = ["DAEMONSET"]
