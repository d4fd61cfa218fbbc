"""Profiles of Hypothesis for tests of clusters: `dev`, `ci` and `nightly`.

`dev` answers quickly, `ci` draws the same examples in every run and keeps no database, `nightly` looks for long and
remembers what it found. None has a deadline: how long an example takes depends on what was drawn.

A profile is chosen by pytest's `--hypothesis-profile`, or by the environment variable HYPOTHESIS_PROFILE in a project
that loads none. A project's own profile of the same name comes first, and so does Hypothesis' own `ci`, which is alike.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import HealthCheck, settings
from hypothesis.errors import InvalidArgument

VARIABLE = "HYPOTHESIS_PROFILE"
"""The environment variable that names a profile."""

_DEV = settings(
    settings.get_profile("default"),
    max_examples=20,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)

PROFILES: Mapping[str, settings] = {
    "dev": _DEV,
    "ci": settings(_DEV, max_examples=100, stateful_step_count=50, derandomize=True, database=None),
    "nightly": settings(_DEV, max_examples=2_000, stateful_step_count=100),
}


def register_profiles() -> None:
    """Register the profiles whose names nobody has taken; nothing is loaded."""
    for name, profile in PROFILES.items():
        try:
            settings.get_profile(name)
        except InvalidArgument:
            settings.register_profile(name, profile)


def load_chosen(name: str) -> None:
    """Load the profile `name`, if it is one of these and the project has loaded none of its own."""
    register_profiles()
    if name in PROFILES and settings.get_current_profile_name() in {"default", "ci"}:
        settings.load_profile(name)
