"""The quality of service class of pods.

Input: `pod`. Says `qosClass`.
"""

from __future__ import annotations

from typing import Any

from kcore.api.convert import structure
from kcore.api.core.pod import Pod
from kcore.api.qos import compute_pod_qos


def predict(case: dict[str, Any]) -> dict[str, Any]:
    """Return the class that the real code would give to the pod of `case`."""
    return {"qosClass": compute_pod_qos(structure(Pod, case["pod"]))}
