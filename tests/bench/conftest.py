"""Makes the small clusters of the cluster's tests importable."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = str(Path(__file__).parent.parent / "cluster")
if HERE not in sys.path:
    sys.path.insert(0, HERE)
