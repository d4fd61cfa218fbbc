"""eviction: budgets are asked, and an evicted pod is told why it goes."""

from __future__ import annotations

import attrs
import pytest

from kcore.api.core.pod import Pod
from kcore.api.core.podspec import PodSpec
from kcore.api.core.podstatus import PodStatus
from kcore.api.frozenmap import FrozenMap
from kcore.api.meta.condition import Condition
from kcore.api.meta.deleteoptions import DeleteOptions, Preconditions
from kcore.api.meta.labelselector import LabelSelector
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.policy.eviction import Eviction
from kcore.api.policy.poddisruptionbudget import (
    PodDisruptionBudget,
    PodDisruptionBudgetSpec,
    PodDisruptionBudgetStatus,
)
from kcore.apiserver.request import Verb

START = 946_684_800
READY = Condition(type="Ready", status="True")


def pod(phase="Running", conditions=(READY,)):
    return Pod(
        metadata=ObjectMeta(name="p", namespace="default", uid="u", labels=FrozenMap({"app": "web"})),
        spec=PodSpec(node_name="n1", termination_grace_period_seconds=30),
        status=PodStatus(phase=phase, conditions=conditions),
    )


def budget(name="b", selector=None, **status):
    labels = FrozenMap({"app": "web"}) if selector is None else selector
    return PodDisruptionBudget(
        metadata=ObjectMeta(name=name, namespace="default"),
        spec=PodDisruptionBudgetSpec(min_available=1, selector=LabelSelector(match_labels=labels)),
        status=PodDisruptionBudgetStatus(**{"current_healthy": 2, "desired_healthy": 1, **status}),
    )


def evict(server, *objects, body=None, **options):
    for one in objects:
        server.store = server.store.put(one)
    return server.ask(Verb.CREATE, "Pod", "p", subresource="eviction", body=body, **options)


def test_a_pod_without_a_budget_is_evicted(server):
    """It is marked as the target of a disruption and deleted with its grace."""
    response = evict(server, pod())
    found = server.get("Pod", "p")
    condition = next(one for one in found.status.conditions if one.type == "DisruptionTarget")

    assert response.code == 201
    assert found.metadata.deletion_timestamp == START + 30
    assert (condition.status, condition.reason) == ("True", "EvictionByEvictionAPI")


def test_an_eviction_takes_one_disruption(server):
    """The budget has one less, and remembers the pod until its controller has seen it go."""
    evict(server, pod(), budget(disruptions_allowed=1))
    status = server.get("PodDisruptionBudget", "b").status

    assert status.disruptions_allowed == 0
    assert status.disrupted_pods == {"p": START}
    assert [(one.type, one.status, one.reason) for one in status.conditions] == [
        ("DisruptionAllowed", "False", "InsufficientPods")
    ]


def test_an_exhausted_budget_refuses(server):
    """Too many requests: the cause names the budget, and nothing changes."""
    before = evict(server, pod(), budget(), dry_run=True)
    kept = server.store
    response = evict(server)

    assert (response.code, response.reason) == (429, "TooManyRequests")
    assert [cause.reason for cause in response.status.causes] == ["DisruptionBudget"]
    assert before.code == 429
    assert server.store is kept


def test_a_budget_that_is_behind_says_when_to_ask_again(server):
    """A budget whose controller has not seen its last change gives nothing away."""
    lagging = budget(disruptions_allowed=1)
    lagging = attrs.evolve(lagging, metadata=attrs.evolve(lagging.metadata, generation=2))
    response = evict(server, pod(), lagging)

    assert response.code == 429
    assert response.status.retry_after_seconds == 10


def test_two_budgets_are_an_error(server):
    """The subresource can't serve a pod that two budgets cover."""
    assert evict(server, pod(), budget("a"), budget("b")).code == 500


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
def test_pods_that_do_not_run_go_without_asking(server, phase):
    """There is no disruption in evicting what is not up."""
    assert evict(server, pod(phase), budget()).code == 201


@pytest.mark.parametrize(
    ("status", "policy", "code"),
    [
        pytest.param({"current_healthy": 1}, None, 201, id="enough others are healthy"),
        pytest.param({"current_healthy": 0}, None, 429, id="too few are healthy"),
        pytest.param({"current_healthy": 0}, "IfHealthyBudget", 429, id="too few, and the policy says so"),
        pytest.param({"current_healthy": 0}, "AlwaysAllow", 201, id="always allowed"),
    ],
)
def test_an_unready_pod_goes_by_the_policy(server, status, policy, code):
    """A pod that is not ready takes nothing from the budget, if it may go."""
    covering = budget(**status)
    covering = attrs.evolve(covering, spec=attrs.evolve(covering.spec, unhealthy_pod_eviction_policy=policy))

    assert evict(server, pod(conditions=()), covering).code == code
    assert server.get("PodDisruptionBudget", "b").status.disrupted_pods == {}


def test_an_empty_selector_covers_all_and_another_one_none(server):
    """A budget that selects everything counts, one that selects something else does not."""
    assert evict(server, pod(), budget(selector=FrozenMap({"app": "other"}))).code == 201
    assert evict(server, pod(), budget(selector=FrozenMap())).code == 429


def test_the_options_in_the_body_count(server):
    """Grace and preconditions of the eviction are those of its delete; a dry run leaves everything."""
    other = Eviction(delete_options=DeleteOptions(preconditions=Preconditions(uid="other")))
    hasty = Eviction(delete_options=DeleteOptions(grace_period_seconds=5))
    dry = Eviction(delete_options=DeleteOptions(dry_run=("All",)))

    assert evict(server, pod(), budget(disruptions_allowed=2), body=other).code == 409
    kept = server.store
    assert evict(server, body=dry).code == 201
    assert server.store is kept
    assert evict(server, body=hasty).code == 201
    assert server.get("Pod", "p").metadata.deletion_grace_period_seconds == 5


def test_an_eviction_must_make_sense(server):
    """A pod that is not there is a 404; a body that is no eviction, or of another pod, a 400."""
    assert evict(server).code == 404
    assert evict(server, pod(), body=Eviction(metadata=ObjectMeta(name="q"))).code == 400
    assert evict(server, body={"apiVersion": "policy/v1", "kind": "Eviction", "deleteOptions": 4}).code == 400
    assert evict(server, body={"apiVersion": "policy/v1", "kind": "Eviction"}).code == 201
