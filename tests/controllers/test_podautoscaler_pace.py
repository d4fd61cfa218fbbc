"""How fast a HorizontalPodAutoscaler follows what its metrics ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.autoscaling.horizontalpodautoscaler import HorizontalPodAutoscalerSpec
from kcore.api.convert import structure
from kcore.apiserver.store import Store
from kcore.client.instant import Instant
from kcore.client.view import View
from kcore.controllers.podautoscaler.pace import Stamped, Wish, begun, normalize, out_of_bounds, scaled, undominated

SECOND = 1000


def spec(behavior=None, least=1, most=100):
    wire = {"minReplicas": least, "maxReplicas": most, "scaleTargetRef": {"kind": "Deployment", "name": "web"}}
    return structure(HorizontalPodAutoscalerSpec, wire if behavior is None else {**wire, "behavior": behavior})


def rules(select="Max", window=0, *policies):
    known = [{"type": kind, "value": value, "periodSeconds": period} for kind, value, period in policies]
    return {"selectPolicy": select, "stabilizationWindowSeconds": window, "policies": known}


def wish(of, current, wanted, now):
    elapsed = View(Store(), now).elapsed
    least = of.min_replicas
    return Wish(current=current, wanted=wanted, minimum=least, maximum=of.max_replicas, now=now, elapsed=elapsed)


def followed(of, start, series):
    """Return the sizes after each of `series`, pairs of seconds since the start and what is wanted then."""
    size, record, sizes = start, begun(of, start, 0), []
    for at, wanted in series:
        asked = wish(of, size, wanted, at * SECOND)
        forced = out_of_bounds(asked)
        if forced is None:
            paced = normalize(of, record, asked)
            record, after = paced.record, paced.replicas
        else:
            after = forced[0]
        if after != size:
            record, size = scaled(of.behavior, record, asked, after), after
        sizes.append(size)
    return sizes


EITHER = rules("Max", 0, ("Percent", 100, 15))


@pytest.mark.parametrize(
    ("of", "start", "series", "sizes"),
    [
        pytest.param(spec(), 3, [(15, 50), (30, 50)], [6, 12], id="without a behavior a size doubles at most"),
        pytest.param(spec(), 1, [(15, 50)], [4], id="without a behavior a small size grows to four at most"),
        pytest.param(spec(), 9, [(15, 2), (300, 2), (301, 2)], [9, 9, 2], id="it shrinks five minutes later"),
        pytest.param(spec(most=5), 5, [(15, 9)], [5], id="the greatest size is a bound"),
        pytest.param(spec(least=2), 5, [(301, 0)], [2], id="the least size is a bound"),
        pytest.param(spec(most=5), 8, [(15, 8)], [5], id="a size beyond the bounds comes back whatever is wanted"),
        pytest.param(
            spec({"scaleUp": rules("Max", 0, ("Pods", 2, 60)), "scaleDown": EITHER}),
            4,
            [(15, 50), (30, 50), (75, 50)],
            [6, 6, 8],
            id="a policy of pods allows so many in its period",
        ),
        pytest.param(
            spec({"scaleUp": rules("Min", 0, ("Pods", 2, 60), ("Percent", 100, 60)), "scaleDown": EITHER}),
            4,
            [(15, 50)],
            [6],
            id="Min takes the policy that allows least",
        ),
        pytest.param(
            spec({"scaleUp": rules("Max", 0, ("Pods", 2, 60), ("Percent", 100, 60)), "scaleDown": EITHER}),
            4,
            [(15, 50)],
            [8],
            id="Max takes the policy that allows most",
        ),
        pytest.param(
            spec({"scaleUp": EITHER, "scaleDown": rules("Disabled", 0, ("Percent", 100, 15))}),
            4,
            [(15, 1), (400, 1)],
            [4, 4],
            id="a disabled direction is never taken",
        ),
        pytest.param(
            spec({"scaleUp": rules("Max", 60, ("Percent", 900, 15)), "scaleDown": EITHER}),
            2,
            [(15, 9), (30, 9), (75, 9), (76, 9)],
            [2, 2, 9, 9],
            id="a window holds growth back until nothing less was recommended in it",
        ),
        pytest.param(
            spec({"scaleUp": EITHER, "scaleDown": rules("Max", 0, ("Percent", 10, 60))}),
            15,
            [(15, 1), (75, 1)],
            [13, 11],
            id="a percentage left after shrinking is cut, so that a little more goes",
        ),
    ],
)
def test_a_size_follows_at_its_pace(of, start, series, sizes):
    """Each step of the series is one look at the autoscaler."""
    assert followed(of, start, series) == sizes


SERIES = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 40)), min_size=1, max_size=20)
BEHAVIORS = st.none() | st.builds(
    lambda up, down: {"scaleUp": up, "scaleDown": down},
    *[
        st.builds(
            lambda select, window, kind, value, period: rules(select, window, (kind, value, period)),
            st.sampled_from(["Max", "Min", "Disabled"]),
            st.integers(0, 400),
            st.sampled_from(["Pods", "Percent"]),
            st.integers(1, 100),
            st.integers(1, 400),
        )
        for _ in range(2)
    ],
)


@given(behavior=BEHAVIORS, start=st.integers(0, 50), series=SERIES, least=st.integers(1, 5), most=st.integers(5, 20))
def test_a_size_is_within_the_bounds_from_the_first_look_on(behavior, start, series, least, most):
    """Whatever is wanted, and however it is limited."""
    times = [(sum(after for after, _ in series[: at + 1]), wanted) for at, (_, wanted) in enumerate(series)]

    assert all(least <= size <= most for size in followed(spec(behavior, least, most), start, times))


@given(start=st.integers(1, 20), wanted=st.integers(1, 20), looks=st.integers(60, 80))
def test_a_size_comes_to_what_is_wanted_all_the_time(start, wanted, looks):
    """Without a behavior, in five minutes and the doublings that it takes."""
    sizes = followed(spec(), start, [(15 * at, wanted) for at in range(1, looks)])

    assert set(sizes[30:]) == {wanted}


STAMPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12)


@given(stamps=STAMPS, since=st.integers(0, 100))
def test_what_is_forgotten_is_never_the_highest_or_the_lowest_of_a_window(stamps, since):
    """Of any window that reaches up to now."""
    times = [sum(after for _, after in stamps[: at + 1]) for at in range(len(stamps))]
    every = [Stamped(replicas, Instant(at)) for (replicas, _), at in zip(stamps, times, strict=True)]

    def extremes(recommendations):
        recent = [one.replicas for one in recommendations if one.at > since]
        return (min(recent), max(recent)) if recent else None

    assert extremes(undominated(every)) == extremes(every)
    assert undominated(undominated(every)) == undominated(every)
