"""Routing: who gets work from a change, which API server answers, and what happens when none does."""

from __future__ import annotations

import attrs
import pytest
from cluster_models.small import (
    applied,
    booted,
    calm,
    clerk,
    config_map,
    data,
    done,
    get,
    idler,
    key_of_map,
    patch,
    pod,
)

from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.client.component import LEADER, ComponentKey, Work
from kcore.client.turn import Turn
from kcore.cluster.asking import ask
from kcore.cluster.control_plane import ApiServer
from kcore.cluster.events import Delivered
from kcore.cluster.processes import start, stop
from kcore.cluster.timing import Timing

M1, M2 = ComponentKey("clerk", "m1"), ComponentKey("clerk", "m2")
KEY = tuple(key_of_map())
ONE = patch(a="b").request
READ = get().request


def with_servers(state, **up):
    """The state in which these API servers are up or down."""
    plane = state.control_plane
    servers = plane.servers.update({name: ApiServer(up=here) for name, here in up.items()})
    return attrs.evolve(state, control_plane=attrs.evolve(plane, servers=servers))


def without_quorum(state):
    """The state in which no etcd member is up."""
    plane = state.control_plane
    members = plane.members.update(dict.fromkeys(plane.members, False))
    return attrs.evolve(state, control_plane=attrs.evolve(plane, members=members))


@pytest.mark.parametrize("timing", [Timing.PROMPT, Timing.INTERLEAVED], ids=lambda timing: timing.value)
def test_a_commit_gives_work_to_whoever_follows_the_store(timing):
    """The key waits in the queue of the process as soon as the write is there."""
    model, state = booted(clerk(idler), timing=timing)
    state = applied(model, state, config_map())

    assert list(state.processes[M1].queue.order) == [KEY]
    assert list(state.ready) == [M1]


@pytest.mark.parametrize("timing", [Timing.LAGGING, Timing.LOSSY], ids=lambda timing: timing.value)
def test_a_lagging_cache_gives_work_once_it_has_heard(timing):
    """Before its delivery neither the queue nor the view knows of the change."""
    model, state = booted(clerk(idler), timing=timing)
    state = applied(model, state, config_map())
    heard = done(model, state, Delivered(M1, state.store.revision)).state

    assert not state.ready
    assert state.processes[M1].cache.get(key_of_map()) is None
    assert list(heard.processes[M1].queue.order) == [KEY]
    assert heard.processes[M1].cache.get(key_of_map()) is not None


def test_what_a_component_does_not_watch_gives_it_no_work():
    """A pod is none of the clerk's business."""
    model, state = booted(clerk(idler))

    assert not applied(model, state, pod("p")).ready


def test_of_two_masters_only_the_leader_gets_work():
    """The other process runs, and has nothing to do."""
    model, state = booted(clerk(idler), masters=2)
    state = applied(model, state, config_map())

    assert list(state.processes[M1].queue.order) == [KEY]
    assert not state.processes[M2].queue.order


def test_a_process_that_starts_as_the_leader_has_everything_to_look_at():
    """Leadership is a fact of the state: whoever comes up with it lists the world anew."""
    component = clerk(idler)
    model, state = booted(component, masters=2)
    state, _, _ = calm(model, applied(model, state, config_map()))
    plane = attrs.evolve(state.control_plane, leaders=state.control_plane.leaders.set("clerk", "m2"))
    moved = start(stop(attrs.evolve(state, control_plane=plane), M2), component, "m2")

    assert list(moved.processes[M2].queue.order) == [KEY]
    assert list(applied(model, moved, config_map("d")).processes[M1].queue.order) == []


def test_work_for_a_process_that_does_not_run_is_nobodys():
    """A watch may name a node that is no more."""

    def nowhere(change, store):
        yield Work("n9", change.key)
        yield Work(LEADER, change.key)

    model, state = booted(clerk(idler, watch=nowhere, per_node=True), nodes=1)

    assert not applied(model, state, config_map()).ready


def test_a_process_hears_of_its_own_writes():
    """A write of a controller wakes that controller."""

    def reconcile(memory, view, key):
        return Turn() if view.get(ObjectKey(*key)).data else Turn(requests=(patch(done="yes"),))

    model, state = booted(clerk(reconcile))
    _, events, _ = calm(model, applied(model, state, config_map()))

    assert len(events) == 2


def test_a_process_on_a_master_talks_to_the_api_server_beside_it():
    """Anybody else prefers the first."""
    _, state = booted(clerk(idler), clerk(idler, family="agent", per_node=True), nodes=1, masters=2)

    assert state.processes[M2].server == "m2"
    assert state.processes[ComponentKey("agent", "n1")].server == "m1"


def test_a_process_on_a_node_begins_with_what_runs_there():
    """A kubelet that comes up looks at its sandboxes, whether or not there still is a pod."""
    model, state = booted(nodes=1)
    state, _, _ = calm(model, applied(model, state, pod("p")))
    name = ComponentKey("kubelet", "n1")
    orphaned = attrs.evolve(state, store=state.store.remove(ObjectKey("Pod", "default", "p")))
    again = start(stop(orphaned, name), model.components["kubelet"], "n1")

    assert ("Pod", "default", "p") in again.processes[name].queue.waiting


@pytest.mark.parametrize(
    ("up", "preferred", "answers"),
    [
        pytest.param({}, "m2", True, id="all up"),
        pytest.param({"m2": False}, "m2", True, id="another stands in for the preferred one"),
        pytest.param({"m1": False}, "", True, id="any will do without a preference"),
        pytest.param({"m1": False, "m2": False, "m3": False}, "m2", False, id="all down"),
    ],
)
def test_any_api_server_that_is_up_answers(up, preferred, answers):
    """With none there is a 503, nothing is read and nothing changes."""
    model, state = booted(clerk(idler), masters=3)
    state = with_servers(applied(model, state, config_map()), **up)
    read = ask(state, model.components, READ, preferred)
    written = ask(state, model.components, ONE, preferred)

    assert (read.response.code, written.response.code) == ((200, 200) if answers else (503, 503))
    assert (written.state is state) is not answers


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE, Verb.PATCH, Verb.DELETE], ids=lambda verb: verb.value)
def test_without_a_quorum_no_write_is_granted(verb):
    """A 504, and the same state."""
    model, state = booted(clerk(idler))
    state = without_quorum(applied(model, state, config_map()))
    request = attrs.evolve(ONE, verb=verb, options=Options(patch_type=PatchType.MERGE))
    asked = ask(state, model.components, request)

    assert (asked.response.code, asked.response.reason) == (504, "Timeout")
    assert asked.state is state


def test_without_a_quorum_reads_are_served():
    """What is there can be looked at."""
    model, state = booted(clerk(idler))
    state = without_quorum(applied(model, state, config_map()))

    assert ask(state, model.components, READ).response.code == 200


def test_a_controller_without_an_api_server_tries_again():
    """Its turn fails, and is taken again after the back-off, when the server may be up."""

    def reconcile(memory, view, key):
        return Turn() if view.get(ObjectKey(*key)).data else Turn(requests=(patch(done="yes"),))

    model, state = booted(clerk(reconcile))
    down = with_servers(applied(model, state, config_map()), m1=False)
    down, _, notes = calm(model, down)
    up = with_servers(down, m1=True)
    up, _, _ = calm(model, done(model, up, model.next_move(up)).state)

    assert "reason=ServiceUnavailable" in str(notes[0])
    assert data(down) == {}
    assert data(up) == {"done": "yes"}


def test_a_read_of_any_version_is_served_from_the_watch_cache_of_its_server():
    """A server that is behind answers with what it has; a consistent read sees etcd."""
    model, state = booted(clerk(idler), masters=2)
    before = state.store
    state = applied(model, state, config_map())
    plane = state.control_plane
    servers = plane.servers.set("m2", ApiServer(seen=before))
    state = attrs.evolve(state, control_plane=attrs.evolve(plane, servers=servers))

    def listed(version, server):
        key = ObjectKey("ConfigMap", "default", "")
        request = Request(verb=Verb.LIST, key=key, options=Options(resource_version=version))
        return len(ask(state, model.components, request, server).response.items)

    assert [listed("0", "m2"), listed("", "m2"), listed("0", "m1")] == [0, 1, 1]


def test_a_request_of_a_person_is_sent_in_json():
    """The body of an act needs no type of its own."""
    model, state = booted(clerk(idler))
    request = Request(verb=Verb.CREATE, key=ObjectKey("ConfigMap", "default", ""), body=Json.of(config_map()))

    assert ask(state, model.components, request).response.code == 201
