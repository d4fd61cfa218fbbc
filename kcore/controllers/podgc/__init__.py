"""The pod garbage collector: pods of lost nodes, pods that nobody will end, and ended pods beyond a threshold."""

from kcore.controllers.podgc.gc_controller import PODGC, podgc

__all__ = ["PODGC", "podgc"]
