"""The scheduler: which node a pod is to run on."""

from kcore.scheduler.scheduler import SCHEDULER

__all__ = ["SCHEDULER"]
