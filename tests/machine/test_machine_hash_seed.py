"""Nothing depends on the hash seed: two processes with different ones find and say the same, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from kcore.machine import Fairness, digest, eventually, explore, explore_randomly, some_states, walk
from machine_models.berths import harbour, harbour_as_forest, harbour_sorted
from machine_models.crossing import crossing
from machine_models.two_phase_commit import Phase, properties, start, two_phase_commit

print(digest(frozenset({"a", "b", ("c", None), Phase.ABORTED})))
print(start(3).fingerprint)
for system in (two_phase_commit(3), two_phase_commit(3, symmetric=True), harbour(ships=3, berths=2),
               harbour_as_forest(ships=3, berths=2), harbour_sorted(ships=3, berths=2, tows=True)):
    print([system.fingerprint(packed) for packed in some_states(system, 1000)])
    print(explore(system))
print(explore(two_phase_commit(3), properties(3)))
print(explore(crossing(Fairness.WEAK, hums=True), [eventually("the car passes", lambda s: s["car"] == "gone")]))
print(explore_randomly(two_phase_commit(4), properties(4), runs=20, steps=30))
print(walk(harbour(ships=3, berths=2), steps=50, seed=1))
"""


def said(hash_seed: str) -> str:
    """What the script prints in a process of its own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_searches_and_fingerprints_do_not_depend_on_the_hash_seed():
    """Digests, fingerprints of states in order of discovery, verdicts, traces and walks are equal."""
    one, other = said("1"), said("4242")

    assert one == other
    assert len(one.splitlines()) > 15
