"""Markers of what a component remembers: each is its integer, and says what it is compared with."""

from __future__ import annotations

import copy

import pytest

from kcore.api.object import ObjectKey
from kcore.client.instant import Instant, Revision, Sign, awaited

NODE = ObjectKey("Node", "", "n1")


@pytest.mark.parametrize(
    ("instant", "now", "age"),
    [
        pytest.param(Instant(1000), 4000, 3000, id="what always matters is as old as it is"),
        pytest.param(Instant(1000, matters=50), 1040, 40, id="what matters for a while is as old as it is by then"),
        pytest.param(Instant(1000, matters=50), 9000, 50, id="what mattered long ago is as old as it can be"),
        pytest.param(Instant(1000, matters=50), 400, -600, id="what is yet to come is that far away"),
        pytest.param(Instant(1000, every=100), 1230, 30, id="what recurs counts its phase"),
        pytest.param(awaited(1000), 7000, 0, id="what was waited for and has come is over"),
        pytest.param(awaited(1000), 990, -10, id="what is waited for is that far away"),
    ],
)
def test_an_instant_is_as_old_as_it_matters(instant, now, age):
    """Two ages that make no difference are one."""
    assert instant.age(now) == age


def test_a_marker_is_its_integer():
    """It adds, compares and hashes as what it marks."""
    marked = Instant(5), Sign(5, NODE), Revision(5)

    assert all(one == 5 and one + 1 == 6 and hash(one) == hash(5) for one in marked)
    assert max(Instant(3), 4) == 4


@pytest.mark.parametrize("marker", [Instant(5, matters=7, every=9), Sign(5, NODE)], ids=["an instant", "a sign"])
def test_a_copy_says_what_the_marker_says(marker):
    """Copying keeps what it is compared with."""
    other = copy.copy(marker)

    assert (type(other), int(other), vars(other)) == (type(marker), int(marker), vars(marker))
