"""Cron schedules: how they are read, and when they fire."""

from kcore.api.cron.parser import parse_standard
from kcore.api.cron.spec import NEVER, Every, Schedule, SpecSchedule

__all__ = ["NEVER", "Every", "Schedule", "SpecSchedule", "parse_standard"]
