"""The time to live of events: an hour after an event was last written it is gone."""

from kcore.optional.eventttl.eventttl import FAMILY, eventttl

__all__ = ["FAMILY", "eventttl"]
