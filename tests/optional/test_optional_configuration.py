"""The files of a descheduler and of a cluster autoscaler: what they ask for, and what is wrong with them."""

from __future__ import annotations

import pytest
import yaml

from kcore.api.json import Json
from kcore.errors import InputError
from kcore.optional.clusterautoscaler.configuration import autoscaler_of, read_autoscaler
from kcore.optional.descheduler.configuration import policy_of, read_policy

HEAD = {"apiVersion": "descheduler/v1alpha2", "kind": "DeschedulerPolicy"}
GROUP = {"name": "small", "minSize": 1, "maxSize": 3, "capacity": {"cpu": 2, "memory": "8Gi"}}


def policy(text):
    return read_policy({**HEAD, **yaml.safe_load(text)})


def autoscaler(group=None, **more):
    return read_autoscaler({"nodeGroups": [{**GROUP, **(group or {})}], **more})


def test_a_policy_enables_what_it_names_in_its_order():
    """First what deschedules, then what balances, of one profile after the other."""
    found = policy("""
maxNoOfPodsToEvictPerNode: 2
deschedulingInterval: 90s
profiles:
- name: a
  pluginConfig:
  - {name: DefaultEvictor}
  - {name: LowNodeUtilization, args: {thresholds: {cpu: 20}, targetThresholds: {cpu: 50}}}
  plugins:
    balance: {enabled: [LowNodeUtilization, RemoveDuplicates]}
    deschedule: {enabled: [RemovePodsViolatingNodeTaints]}
- name: b
  plugins: {balance: {enabled: [RemovePodsViolatingTopologySpreadConstraint]}}
""")

    assert [getattr(one, "func", one).__name__ for one in found.policies] == [
        "_tainted",
        "_low",
        "_duplicates",
        "_skewed",
    ]
    assert (found.interval, found.most_per_node) == (90_000, 2)


def test_a_policy_has_the_usual_interval_and_no_limit():
    """Five minutes, and as many evictions as the policies name."""
    found = policy("profiles: []")

    assert (found.interval, found.most_per_node, found.policies) == (300_000, None, ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("kind: Pod", "kind: kind is 'Pod'; expected one of DeschedulerPolicy", id="another kind"),
        pytest.param("profile: []", "profile: unknown field 'profile' (did you mean profiles?)", id="a misspelt field"),
        pytest.param(
            "profiles: [{plugins: {balance: {enabled: [RemoveDuplicate]}}}]",
            "profiles[0].plugins.balance.enabled[0]: unknown plugin 'RemoveDuplicate' (did you mean RemoveDuplicates?)",
            id="a misspelt plugin",
        ),
        pytest.param(
            "profiles: [{plugins: {deschedule: {enabled: [RemoveDuplicates]}}}]",
            "profiles[0].plugins.deschedule.enabled[0]: RemoveDuplicates does not deschedule; expected it at balance",
            id="a plugin at another point",
        ),
        pytest.param(
            "profiles: [{plugins: {balance: {enabled: [LowNodeUtilization]}}}]",
            "profiles[0].plugins.balance.enabled[0]: thresholds is missing; expected hundredths of cpu, memory or pods",
            id="no thresholds",
        ),
        pytest.param(
            "profiles: [{pluginConfig: [{name: LowNodeUtilization, args: {thresholds: {cpu: 60}, "
            "targetThresholds: {cpu: 50}}}], plugins: {balance: {enabled: [LowNodeUtilization]}}}]",
            "profiles[0].pluginConfig[0].args.targetThresholds: the target of cpu is no higher; expected 60 or more",
            id="a target below the threshold",
        ),
        pytest.param(
            "profiles: [{pluginConfig: [{name: RemoveDuplicates, args: {namespaces: {}}}]}]",
            "profiles[0].pluginConfig[0].args.namespaces: unknown field 'namespaces'",
            id="limits that are not modelled",
        ),
        pytest.param(
            "deschedulingInterval: soon",
            "deschedulingInterval: deschedulingInterval is 'soon'; expected a duration such as 90s or 10m",
            id="no duration",
        ),
    ],
)
def test_a_wrong_policy_is_refused_with_its_place(text, message):
    """The path of the field, what is there, and what was expected."""
    with pytest.raises(InputError) as found:
        policy(text)

    assert str(found.value).startswith(message)


def test_groups_and_settings_are_read():
    """Upstream's flags by their names, with upstream's defaults."""
    found = autoscaler(scaleDownUnneededTime="90s", scaleDownUtilizationThreshold=0.25, skipNodesWithLocalStorage=False)
    (group,) = found.groups

    assert (group.name, group.least, group.most, group.capacity["cpu"]) == ("small", 1, 3, "2")
    assert (found.scale_down_unneeded_time, found.scale_down_delay_after_add) == (90_000, 600_000)
    assert (found.scale_down_utilization_threshold, autoscaler().scale_down_utilization_threshold) == (25, 50)
    assert (found.skip_nodes_with_local_storage, autoscaler().skip_nodes_with_local_storage) == (False, True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({}, "nodeGroups: there are no node groups; expected one or more", id="no group"),
        pytest.param(
            {"nodeGroups": [{**GROUP, "maxSize": 0}]},
            "nodeGroups[0].maxSize: maxSize is 0; expected a whole number from 1 to 5000",
            id="a group below its least",
        ),
        pytest.param(
            {"nodeGroups": [{**GROUP, "capacity": {"cpu": "two"}}]},
            "nodeGroups[0].capacity.cpu: 'two': ",
            id="no quantity",
        ),
        pytest.param(
            {"nodeGroups": [{"name": "a"}]},
            "nodeGroups[0]: capacity is missing; expected what a machine of the group has",
            id="no capacity",
        ),
        pytest.param({"nodeGroups": [GROUP, GROUP]}, "nodeGroups: two groups have one name", id="a name twice"),
        pytest.param(
            {"nodeGroups": [GROUP], "scaleDownUtilizationThreshold": 50},
            "scaleDownUtilizationThreshold: scaleDownUtilizationThreshold is 50; expected a number from 0 to 1",
            id="hundredths",
        ),
    ],
)
def test_a_wrong_autoscaler_is_refused_with_its_place(given, message):
    """The path of the field, what is there, and what was expected."""
    with pytest.raises(InputError) as found:
        read_autoscaler(given)

    assert str(found.value).startswith(message)


def test_a_file_is_read_once():
    """The same content gives the same configuration."""
    wished = Json.of({"nodeGroups": [GROUP]})

    assert policy_of(Json.of(HEAD)) is policy_of(Json.of(HEAD))
    assert autoscaler_of(wished) is autoscaler_of(Json.of(wished.value))
