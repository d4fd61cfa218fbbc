"""CronJob: a schedule, a template and how many Jobs are kept.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/validation/validation.go
"""

from __future__ import annotations

from typing import Any

from kcore.api.cron import parse_standard
from kcore.api.json import Wire
from kcore.api.timezones import load
from kcore.apiserver.defaulting.jobspec import default_job_template
from kcore.apiserver.defaulting.wire import fill, part
from kcore.apiserver.field import Errors, gathered, invalid, not_supported, required
from kcore.apiserver.registry.strategy import Strategy
from kcore.apiserver.validation import names
from kcore.apiserver.validation.containers import one_of
from kcore.apiserver.validation.jobspec import job_spec
from kcore.apiserver.validation.meta import object_meta
from kcore.apiserver.validation.numbers import nonnegative

_DEFAULTS = {
    "concurrencyPolicy": "Allow",
    "suspend": False,
    "successfulJobsHistoryLimit": 3,
    "failedJobsHistoryLimit": 1,
}
_POLICIES = ("Allow", "Forbid", "Replace")
_NAME_MAX = 52


def default(wire: Wire) -> None:
    """Fill in the defaults of a CronJob."""
    spec = part(wire, "spec")
    fill(spec, _DEFAULTS)
    template = part(spec, "jobTemplate")
    part(template, "metadata")
    default_job_template(part(template, "spec"))
    part(wire, "status")


@gathered
def validate(wire: Wire) -> Errors:
    """Yield the errors of a CronJob."""
    meta, spec = wire.get("metadata") or {}, wire.get("spec") or {}
    yield from object_meta(meta, names.dns1123_subdomain)
    yield from _schedule(spec)
    yield from nonnegative(spec.get("startingDeadlineSeconds"), "spec.startingDeadlineSeconds")
    yield from _time_zone(spec.get("timeZone"), "spec.timeZone")
    yield from one_of(spec.get("concurrencyPolicy", ""), _POLICIES, "spec.concurrencyPolicy")
    yield from _template(((spec.get("jobTemplate") or {}).get("spec")) or {}, "spec.jobTemplate.spec")
    for field in ("successfulJobsHistoryLimit", "failedJobsHistoryLimit"):
        yield from nonnegative(spec.get(field), f"spec.{field}")
    if len(meta.get("name", "")) > _NAME_MAX:
        yield invalid("metadata.name", meta["name"], f"must be no more than {_NAME_MAX} characters")


def _schedule(spec: dict[str, Any]) -> Errors:
    schedule = spec.get("schedule", "")
    if not schedule:
        yield required("spec.schedule")
    elif "TZ" in schedule:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield invalid("spec.schedule", schedule, detail)
    else:
        try:
            parse_standard(schedule)
        except ValueError as problem:
            yield invalid("spec.schedule", schedule, str(problem))


def _time_zone(zone: str | None, path: str) -> Errors:
    if zone == "":
        yield invalid(path, zone, "timeZone must be nil or non-empty string")
    elif zone is not None and zone.lower() == "local":
        detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        yield invalid(path, zone, detail)
    elif zone is not None and load(zone) is None:
        yield invalid(path, zone, f"unknown time zone {zone}")


def _template(spec: dict[str, Any], path: str) -> Errors:
    yield from job_spec(spec, path)
    if spec.get("selector") is not None:
        yield invalid(f"{path}.selector", spec["selector"], "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        yield not_supported(f"{path}.manualSelector", spec["manualSelector"], ("nil", "false"))


STRATEGY = Strategy(kind="CronJob", default=default, validate=validate)
