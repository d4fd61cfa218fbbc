"""The recorders of a cluster's processes: what they tell of becomes Events in the store."""

from kcore.cluster.recorder.recorder import record

__all__ = ["record"]
