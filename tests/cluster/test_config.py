"""The configuration of a cluster: names, durations and what is refused."""

from __future__ import annotations

import pytest

from kcore.api.duration import parse_duration
from kcore.cluster.config import ClusterConfig
from kcore.errors import InputError, Place

PLACE = Place(file="s.yaml", line=7, field="config")


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        pytest.param("6s", 6000, id="seconds"),
        pytest.param("150ms", 150, id="milliseconds"),
        pytest.param("1m30s", 90_000, id="minutes and seconds"),
        pytest.param("1h", 3_600_000, id="hours"),
        pytest.param("0.5s", 500, id="a fraction of a second"),
        pytest.param(2, 2000, id="a number is seconds"),
        pytest.param(2.5, 2500, id="a fraction is seconds too"),
    ],
)
def test_a_duration_is_read_as_go_writes_it(text, milliseconds):
    """Go's notation and plain seconds give milliseconds."""
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "6", "6 s", "s", "six", None, True, [], "1s1"])
def test_what_is_no_duration_is_refused_with_its_value(text):
    """The message shows what was found."""
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


def test_settings_have_upstreams_names():
    """A config mapping is read by upstream's names."""
    given = {"nodeMonitorGracePeriod": "6s", "nodeMonitorPeriod": "1s", "defaultTolerationSeconds": 5, "podStop": "1s"}

    config = ClusterConfig.from_wire(given, PLACE)

    assert config == ClusterConfig(
        node_monitor_grace_period=6000, node_monitor_period=1000, default_toleration_seconds=5, pod_stop=1000
    )
    assert config.api_server.default_toleration_seconds == 5


def test_an_unknown_setting_is_refused_with_the_nearest_name():
    """A misspelt setting is found by its neighbour."""
    with pytest.raises(InputError, match=r"s.yaml:7: config: unknown setting 'podstart'.*did you mean podStart"):
        ClusterConfig.from_wire({"podstart": "1s"}, PLACE)


@pytest.mark.parametrize("value", [-1, "5", 1.5, True], ids=repr)
def test_toleration_seconds_are_whole_and_not_negative(value):
    """The value is shown and what was expected said."""
    with pytest.raises(InputError, match="expected a whole number of seconds"):
        ClusterConfig.from_wire({"defaultTolerationSeconds": value}, PLACE)
