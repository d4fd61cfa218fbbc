"""Runs of scenarios: steps that need what is there or what was kept, and steps that can't be taken."""

from __future__ import annotations

import pytest

from kcore.api.object import ObjectKey
from kcore.errors import InputError, Place
from kcore.verify.run import run
from kcore.verify.scenario import parse_scenario

NODE = {"name": "n{i}", "count": 2, "zones": ["a", "b"], "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"}}
SETTINGS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}}


def results(*steps, **more):
    """What becomes of each step."""
    wire = {"apiVersion": "kcore/v1", "kind": "Scenario", "metadata": {"name": "any"}, "nodes": [NODE], **more}
    scenario = parse_scenario({**wire, "steps": list(steps)}, lambda path: Place(field=".".join(map(str, path))))
    return list(run(scenario))


def settings(result):
    """The ConfigMap, None where there is none."""
    return result.state.store.get(ObjectKey("ConfigMap", "default", "settings"))


def test_a_backup_is_taken_at_its_step_and_restored_at_another():
    """What was between them is gone."""
    done = results({"backup": "before"}, {"apply": [SETTINGS]}, {"restore": "before"})

    assert [settings(one) is not None for one in done] == [False, True, False]
    assert [one.op for one in done] == ["backup", "apply", "restore"]


def test_an_export_is_imported_into_a_cluster_of_other_nodes():
    """The clock goes on, and everything else begins anew."""
    other = {**NODE, "name": "m{i}"}
    done = results(
        {"apply": [SETTINGS]}, {"wait": 5}, {"export": "all"}, {"newCluster": {"nodes": [other]}}, {"import": "all"}
    )

    assert settings(done[3]) is None
    assert settings(done[4]) is not None
    assert sorted(done[4].state.world.machines) == ["m1", "m2"]
    assert done[3].state.now == done[2].state.now


def test_a_scenario_may_have_more_masters_and_nodes_in_zones():
    """As a Check."""
    (done,) = results({"masterCrash": "m1"}, controlPlane={"replicas": 3})

    assert len(done.state.control_plane.servers) == 3
    zones = [one.metadata.labels["topology.kubernetes.io/zone"] for one in done.state.store.list("Node")]
    assert zones == ["a", "b"]


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        pytest.param([{"restore": "a"}], "no backup is called 'a'", id="nothing was kept"),
        pytest.param([{"export": "a"}, {"restore": "a"}], "no backup is called 'a'", id="an export is no backup"),
        pytest.param([{"backup": "a"}, {"import": "a"}], "no export is called 'a'", id="a backup is no export"),
        pytest.param([{"diskLost": {"claim": "c"}}], "nothing of the kind", id="there is no such disk"),
        pytest.param([{"dnsUp": {}}], "a DNS server answers", id="nothing is to be mended"),
        pytest.param([{"leaderChange": {"component": "scheduler", "to": "m2"}}], "no such process", id="no heir"),
    ],
)
def test_a_step_that_can_not_be_taken_is_named(steps, problem):
    """With its number and operation."""
    with pytest.raises(InputError, match=problem) as refused:
        results(*steps)

    assert refused.value.place.field == f"steps[{len(steps) - 1}].{next(iter(steps[-1]))}"


def test_the_notes_of_a_step_are_told():
    """Those of a drain that fails, at the step of the drain."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    pod["spec"] = {"nodeName": "n1", "containers": [{"name": "c", "image": "app:v1"}]}
    done = results({"apply": [pod]}, {"drain": "n1"})

    assert "drain.failed" in [note.name for note in done[1].notes]
