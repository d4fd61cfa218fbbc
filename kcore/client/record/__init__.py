"""The recorder of events: what a process has told of an object, and how it tells of the same again."""

from kcore.client.record.event import Occurrence
from kcore.client.record.events_cache import NOTHING_TOLD, Correlated, Told, correlate
from kcore.client.record.series import correlate_series

__all__ = ["NOTHING_TOLD", "Correlated", "Occurrence", "Told", "correlate", "correlate_series"]
