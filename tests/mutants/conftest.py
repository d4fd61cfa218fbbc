"""Makes the mutants, and the small clusters of the invariants' tests, importable."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "invariants"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
