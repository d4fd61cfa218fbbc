"""The scheduler: which node a pod is to run on."""

from kcore.scheduler.scheduler import SCHEDULER, scheduler

__all__ = ["SCHEDULER", "scheduler"]
