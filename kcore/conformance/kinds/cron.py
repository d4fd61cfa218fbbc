"""When a schedule fires.

Input: `schedule`, perhaps a `timeZone`, `from` and `n`. Says whether the schedule can be read (`ok`, else `error`) and
the `next` times after `from`, at most `n`; none when it never fires.
"""

from __future__ import annotations

from typing import Any

from kcore.api.cron import NEVER, parse_standard
from kcore.api.times import Time, format_time, parse_time
from kcore.controllers.cronjob.schedule import format_schedule


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return when the real library would fire."""
    try:
        schedule = parse_standard(format_schedule(case["schedule"], case.get("timeZone")))
    except ValueError as problem:
        return {"ok": False, "error": str(problem)}
    times, time = [], int(parse_time(case["from"]))
    for _ in range(case["n"]):
        time = schedule.next(time)
        if time == NEVER:
            break
        times.append(format_time(Time(time)))
    return {"ok": True, "next": times}
