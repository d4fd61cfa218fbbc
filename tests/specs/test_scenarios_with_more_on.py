"""Recorded runs with what the recorder had off: accounts and events change nothing that was recorded."""

from __future__ import annotations

import pytest
import yaml

from kcore.conformance.scenarios import compare
from scripts.clauses import SPECS

MORE = {"events": True, "serviceAccounts": True}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("apps/deployment/deploy-scale-up-down.yaml", id="a Deployment"),
        pytest.param("apps/statefulset/sts-claims-retained.yaml", id="a StatefulSet with claims"),
        pytest.param("batch/job/job-fails-at-backoff-limit.yaml", id="a Job"),
        pytest.param("core/resourcequota/quota-stops-pods.yaml", id="a quota"),
        pytest.param("scheduling/priorityclass/preemption.yaml", id="preemption"),
    ],
)
def test_a_recorded_run_comes_out_the_same(name, tmp_path):
    """With accounts, tokens in each pod and an event for all that happens, every fact agrees as it does without."""
    wire = yaml.safe_load((SPECS / name).read_text(encoding="utf-8"))
    changed = tmp_path / "scenario.yaml"
    changed.write_text(yaml.safe_dump({**wire, "config": {**wire.get("config", {}), **MORE}}), encoding="utf-8")
    agreement = compare(changed)

    assert [str(difference) for difference in agreement.differences] == []
    assert agreement.problem == ""
    assert agreement.agreed == agreement.total > 0
