"""The disruption controller: how many of the pods that a PodDisruptionBudget selects may be evicted now."""

from kcore.controllers.disruption.disruption import DISRUPTION

__all__ = ["DISRUPTION"]
