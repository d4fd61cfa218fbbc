"""The success policy: when an Indexed Job has succeeded before all of its indexes have.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/success_policy.go
"""

from __future__ import annotations

from kcore.api.batch.job import SuccessPolicy, SuccessPolicyRule
from kcore.controllers.job.intervals import Intervals, overlap, parse, total


def match_success_policy(policy: SuccessPolicy | None, completions: int, succeeded: Intervals) -> str:
    """Return the message about the first rule that the `succeeded` indexes meet; "" when they meet none."""
    if policy is None or not succeeded:
        return ""
    for index, rule in enumerate(policy.rules):
        if _is_met(rule, completions, succeeded):
            return f"Matched rules at index {index}"
    return ""


def _is_met(rule: SuccessPolicyRule, completions: int, succeeded: Intervals) -> bool:
    count = rule.succeeded_count
    if rule.succeeded_indexes is None:
        return count is not None and total(succeeded) >= count
    required = parse(rule.succeeded_indexes, completions)
    met = overlap(required, succeeded)
    return bool(required) and (met == total(required) or (count is not None and met >= count))
