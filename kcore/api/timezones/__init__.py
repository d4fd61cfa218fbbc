"""Time zones by name, from a table of this package and not from the machine's, so that a run is the same everywhere."""

from kcore.api.timezones.zone import UTC, Span, TimeZone, load

__all__ = ["UTC", "Span", "TimeZone", "load"]
