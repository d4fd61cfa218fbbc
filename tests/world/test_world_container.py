"""A container's life: the table, and what a stimulus leaves behind."""

from __future__ import annotations

from itertools import product

import attrs
import pytest

from kcore.world.behavior import STEADY, Behavior, behavior_of
from kcore.world.container import (
    SIGKILL_EXIT,
    SIGTERM_EXIT,
    TRANSITIONS,
    ContainerState,
    Exit,
    Stimulus,
    fall_due,
    new_container,
    stimulate,
    stop,
)

CRASH = Behavior(exit_code=1, after=400)
STUCK = Behavior(waiting="ImagePullBackOff")
START = 1_000


def starting(*, once=False):
    return new_container("c", "app:v1", once=once, restarts=0, now=START, due=START + 150)


def in_state(state):
    """A container that has come into `state` by the table's own ways."""
    running = fall_due(starting(), CRASH, START + 150)
    return {
        ContainerState.STARTING: starting(),
        ContainerState.WAITING: fall_due(starting(), STUCK, START + 150),
        ContainerState.RUNNING: running,
        ContainerState.STOPPING: stop(running, CRASH, START + 200, takes=150, within=30_000),
        ContainerState.EXITED: fall_due(running, CRASH, START + 550),
    }[state]


@pytest.mark.parametrize(
    ("state", "stimulus"),
    [pair for pair in product(ContainerState, Stimulus) if pair not in TRANSITIONS],
    ids=lambda value: value.value,
)
def test_a_stimulus_without_a_row_changes_nothing(state, stimulus):
    """What the table does not hold leaves the container as it is."""
    container = in_state(state)

    assert stimulate(container, stimulus, STEADY, START + 900) is container


@pytest.mark.parametrize(
    ("state", "stimulus"),
    [pair for pair in TRANSITIONS if pair[1] is not Stimulus.STOP],
    ids=lambda value: value.value,
)
def test_a_stimulus_leads_where_the_table_says(state, stimulus):
    """A row of the table is what happens."""
    after = stimulate(in_state(state), stimulus, STEADY, START + 900)

    assert after.state is TRANSITIONS[state, stimulus]
    assert after.since == START + 900


def test_a_container_runs_when_its_start_is_through():
    """It is ready from then on, and nothing else is due."""
    container = fall_due(starting(), STEADY, START + 150)

    assert (container.state, container.ready, container.due) == (ContainerState.RUNNING, True, None)
    assert container.started == START + 150


def test_a_container_without_an_image_waits():
    """It never runs and nothing is due, and it says why."""
    container = in_state(ContainerState.WAITING)

    assert (container.reason, container.due, container.started) == ("ImagePullBackOff", None, None)


def test_a_crash_is_remembered_through_the_next_run():
    """A container that starts again has one restart more and knows how it ended before."""
    crashed = in_state(ContainerState.EXITED)
    again = stimulate(crashed, Stimulus.START, CRASH, START + 600)

    assert crashed.exit == Exit(code=1, started=START + 150, finished=START + 550)
    assert (again.state, again.restarts, again.exit) == (ContainerState.RUNNING, 1, None)
    assert again.last_exit == crashed.exit
    assert again.due == START + 1_000


def test_an_init_container_does_its_work_and_ends():
    """One of which no behavior says anything ends at once, with success."""
    running = fall_due(starting(once=True), STEADY, START + 150)
    exited = fall_due(running, STEADY, START + 150)

    assert exited.exit == Exit(code=0, started=START + 150, finished=START + 150)


@pytest.mark.parametrize(
    ("takes", "within", "ends", "code"),
    [
        pytest.param(150, 30_000, 150, SIGTERM_EXIT, id="it ends on its own, in time"),
        pytest.param(60_000, 30_000, 30_000, SIGKILL_EXIT, id="it is killed when its grace is over"),
    ],
)
def test_a_running_container_stops(takes, within, ends, code):
    """It runs on until it ends or is killed."""
    stopping = stop(fall_due(starting(), STEADY, START + 150), STEADY, START + 200, takes, within)
    exited = fall_due(stopping, STEADY, START + 200 + ends)

    assert (stopping.state, stopping.ready, stopping.due) == (ContainerState.STOPPING, True, START + 200 + ends)
    assert exited.exit == Exit(code=code, started=START + 150, finished=START + 200 + ends)


def test_a_second_request_can_only_hasten_the_end():
    """A shorter grace kills earlier, a longer one changes nothing."""
    running = fall_due(starting(), STEADY, START + 150)
    stopping = stop(running, STEADY, START + 200, takes=20_000, within=30_000)
    hastened = stop(stopping, STEADY, START + 300, takes=20_000, within=2_000)

    assert (hastened.due, hastened.exit_code) == (START + 2_300, SIGKILL_EXIT)
    assert stop(stopping, STEADY, START + 300, takes=20_000, within=60_000) is stopping


def test_a_start_can_be_called_off():
    """A container that had not come up yet never runs."""
    container = stop(starting(), STEADY, START + 10, takes=150, within=30_000)

    assert (container.state, container.due) == (ContainerState.WAITING, None)


def test_the_first_behavior_that_matches_counts():
    """Globs are tried in order, and an image that none names is steady."""
    behaviors = (attrs.evolve(CRASH, image="*:crash"), attrs.evolve(STUCK, image="*"))

    assert behavior_of(behaviors, "app:crash") is behaviors[0]
    assert behavior_of(behaviors, "app:v1") is behaviors[1]
    assert behavior_of((), "app:v1") is STEADY
