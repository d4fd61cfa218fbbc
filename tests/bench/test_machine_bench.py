"""How fast and how small a search is: two-phase commit with eight resource managers, 1,745,408 states.

The count and the bytes a state gate; the states a second are reported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).parent.parent / "machine"

SCRIPT = """
import json, time
from kcore.machine import UNLIMITED, explore
from machine_models.two_phase_commit import properties, two_phase_commit

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

system, asked = two_phase_commit(MANAGERS), properties(MANAGERS)
before, began = peak(), time.process_time()
findings = explore(system, asked, limits=UNLIMITED)
seconds, after = time.process_time() - began, peak()
states = findings.coverage.states
outcomes = [verdict.outcome.value for verdict in findings.verdicts]
print(json.dumps({"states": states, "outcomes": outcomes, "states_per_second": round(states / seconds),
                  "bytes_per_state": round((after - before) * 1024 / states)}))
"""


def measured(managers: int) -> dict:
    """The figures of one search in a process of its own (`ru_maxrss` would begin with the parent's peak)."""
    environment = {**os.environ, "PYTHONPATH": str(MODELS)}
    command = [sys.executable, "-c", SCRIPT.replace("MANAGERS", str(managers))]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
@pytest.mark.parametrize(
    ("managers", "states"),
    [
        pytest.param(7, 296_448, id="seven resource managers"),
        pytest.param(8, 1_745_408, id="eight resource managers"),
    ],
)
def test_two_phase_commit_is_searched_in_full(managers, states, record_property):
    """Every state is seen once, all three properties hold, and a state costs less than 250 bytes."""
    figures = measured(managers)
    record_property(f"two-phase commit, {managers} managers, states a second", figures["states_per_second"])
    record_property(f"two-phase commit, {managers} managers, bytes a state", figures["bytes_per_state"])

    assert figures["states"] == states
    assert figures["outcomes"] == ["holds"] * 3
    assert figures["bytes_per_state"] < 250
