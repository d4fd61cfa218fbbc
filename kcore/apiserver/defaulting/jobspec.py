"""Defaults of a Job's spec, of Jobs and of the templates of CronJobs.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/batch/v1/defaults.go
"""

from __future__ import annotations

from kcore.api.json import Wire
from kcore.apiserver.defaulting.podspec import default_pod_template
from kcore.apiserver.defaulting.wire import fill, part

_MAX_INT32 = 2**31 - 1


def default_job_spec(spec: Wire) -> None:
    """Fill in the defaults of a Job's own spec; a template keeps them open for the Job to be made."""
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    per_index, policy = spec.get("backoffLimitPerIndex") is not None, spec.get("podFailurePolicy")
    defaults = {
        "parallelism": 1,
        "backoffLimit": _MAX_INT32 if per_index else 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "manualSelector": False,
        "podReplacementPolicy": "TerminatingOrFailed" if policy is None else "Failed",
    }
    fill(spec, defaults)
    default_job_template(spec)


def default_job_template(spec: Wire) -> None:
    """Fill in what both a Job's spec and a CronJob's template of one have by default."""
    default_pod_template(part(spec, "template"))
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            fill(pattern, {"status": "True"})
