"""The garbage collector: objects whose owners are gone go, too, and owners wait or let go as their deletion asks."""

from kcore.controllers.garbagecollector.garbagecollector import GARBAGE_COLLECTOR

__all__ = ["GARBAGE_COLLECTOR"]
