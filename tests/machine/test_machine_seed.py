"""Seeds: published numbers, fair draws, independent streams."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.errors import MisuseError
from kcore.machine import Seed


def test_the_generator_gives_the_published_numbers():
    """splitmix64 from the seed 1234567 gives the reference implementation's first outputs."""
    seed, drawn = Seed(1234567), []
    for _ in range(5):
        bits, seed = seed.bits()
        drawn.append(bits)

    assert drawn == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(st.integers(), st.integers(1, 1000))
def test_a_draw_is_below_its_bound_and_repeats(value, count):
    """The same seed draws the same number, and one of the numbers asked for."""
    drawn, after = Seed(value).below(count)

    assert 0 <= drawn < count
    assert (drawn, after) == Seed(value).below(count)


def test_draws_are_even():
    """Six thousand throws of a die give each face about a thousand times."""
    seed, faces = Seed(0), Counter()
    for _ in range(6000):
        face, seed = seed.below(6)
        faces[face] += 1

    assert all(850 < faces[face] < 1150 for face in range(6))


def test_streams_under_one_seed_differ():
    """A thousand splits start a thousand different streams."""
    assert len({Seed(7).split(number).bits()[0] for number in range(1000)}) == 1000


def test_a_draw_of_nothing_is_misuse():
    """A draw needs at least one choice."""
    with pytest.raises(MisuseError, match="at least one choice"):
        Seed(0).below(0)
