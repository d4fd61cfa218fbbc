"""StatefulSets: pods with names and claims of their own, made, replaced and removed in order."""

from kcore.controllers.statefulset.stateful_set import STATEFULSET

__all__ = ["STATEFULSET"]
