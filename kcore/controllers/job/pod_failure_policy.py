"""The pod failure policy: what a failed pod means for its Job.

Models the rules in their order, on exit codes of regular containers and then of init containers, and on conditions; the
actions FailJob, FailIndex, Ignore and Count.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/job/pod_failure_policy.go
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from kcore.api.batch.job import (
    PodFailurePolicy,
    PodFailurePolicyOnExitCodesRequirement,
    PodFailurePolicyOnPodConditionsPattern,
    PodFailurePolicyRule,
)
from kcore.api.core.containerstatus import ContainerStatus
from kcore.api.core.pod import Pod

FAIL_JOB = "FailJob"
FAIL_INDEX = "FailIndex"
IGNORE = "Ignore"
COUNT = "Count"


@attrs.frozen(kw_only=True)
class Match:
    """What a failed pod leads to: the `action` ("": none), whether it `counts`, why the Job fails ("": it does not)."""

    action: str = ""
    counts: bool = True
    message: str = ""


NO_MATCH = Match()


def match_pod_failure_policy(policy: PodFailurePolicy | None, pod: Pod) -> Match:
    """Return what the failed `pod` leads to; without a policy it counts."""
    for index, rule in enumerate(policy.rules if policy else ()):
        why = _match(rule, pod) if rule.action in _ACTIONS else ""
        if why and rule.action == FAIL_JOB:
            return Match(action=FAIL_JOB, message=f"{why} matching {rule.action} rule at index {index}")
        if why:
            return Match(action=rule.action, counts=rule.action != IGNORE)
    return NO_MATCH


def _match(rule: PodFailurePolicyRule, pod: Pod) -> str:
    """Return what of the pod the rule is about; "" when nothing is."""
    where = f"{pod.metadata.namespace}/{pod.metadata.name}"
    if rule.on_exit_codes is not None:
        found = _on_exit_codes(pod, rule.on_exit_codes)
        if found is None or found.state.terminated is None:
            return ""
        return f"Container {found.name} for pod {where} failed with exit code {found.state.terminated.exit_code}"
    met = _on_pod_conditions(pod, rule.on_pod_conditions)
    return f"Pod {where} has condition {met}" if met else ""


def _on_exit_codes(pod: Pod, requirement: PodFailurePolicyOnExitCodesRequirement) -> ContainerStatus | None:
    """Return the first terminated container whose exit code meets the requirement."""
    for one in (*pod.status.container_statuses, *pod.status.init_container_statuses):
        named = requirement.container_name is None or requirement.container_name == one.name
        ended = one.state.terminated
        if named and ended is not None and ended.exit_code != 0 and _code_matches(ended.exit_code, requirement):
            return one
    return None


def _code_matches(code: int, requirement: PodFailurePolicyOnExitCodesRequirement) -> bool:
    if requirement.operator == "In":
        return code in requirement.values
    return requirement.operator == "NotIn" and code not in requirement.values


def _on_pod_conditions(pod: Pod, patterns: Iterable[PodFailurePolicyOnPodConditionsPattern]) -> str:
    """Return the type of the first condition that is as one of the patterns says; "" when none is."""
    wanted = {(one.type, one.status) for one in patterns}
    return next((one.type for one in pod.status.conditions if (one.type, one.status) in wanted), "")


_ACTIONS = frozenset({FAIL_JOB, FAIL_INDEX, IGNORE, COUNT})
