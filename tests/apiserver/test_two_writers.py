"""Two writers of one object: with resource versions no update is lost, in any order; without, some order loses one."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest

from kcore.api.core.configmap import ConfigMap
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.meta.objectmeta import ObjectMeta
from kcore.api.object import ObjectKey
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, PatchType, Request, Verb
from kcore.apiserver.store import EMPTY, Store
from kcore.machine import Outcome, Refusal, Rule, Step, Table, TableSystem, always, digest, explore, sometimes

KEY = ObjectKey("ConfigMap", "default", "counter")
CONTEXT = Context(now=0)
ROUNDS = 2


@attrs.frozen(kw_only=True)
class Writer:
    """One writer: what it has read and not written yet, how often it was granted a write, and how it writes."""

    seen: ConfigMap | None = None
    written: int = 0
    versioned: bool = True


@attrs.frozen(kw_only=True)
class Race:
    """The store and the writers."""

    store: Store
    writers: tuple[Writer, ...]

    @property
    def count(self) -> int:
        found = self.store.get(KEY)
        return int(found.data["n"])

    def with_writer(self, number, writer, store=None):
        writers = (*self.writers[:number], writer, *self.writers[number + 1 :])
        return Race(store=self.store if store is None else store, writers=writers)


@attrs.frozen
class Read:
    """A writer reads the counter."""

    writer: int


@attrs.frozen
class Write:
    """A writer writes one more than it has read."""

    writer: int


def read(race: Race, event: Read) -> Step[Race]:
    outcome = handle(race.store, Request(verb=Verb.GET, key=KEY), CONTEXT)
    writer = attrs.evolve(race.writers[event.writer], seen=outcome.response.object)
    return Step(race.with_writer(event.writer, writer))


def write(race: Race, event: Write) -> Step[Race]:
    writer = race.writers[event.writer]
    body = attrs.evolve(writer.seen, data=FrozenMap({"n": str(int(writer.seen.data["n"]) + 1)}))
    if not writer.versioned:
        body = attrs.evolve(body, metadata=attrs.evolve(body.metadata, resource_version=""))
    outcome = handle(race.store, Request(verb=Verb.UPDATE, key=KEY, body=body), CONTEXT)
    after = attrs.evolve(writer, seen=None, written=writer.written + outcome.response.ok)
    return Step(race.with_writer(event.writer, after, outcome.store))


def may_read(race: Race, event: Read) -> Refusal | None:
    writer = race.writers[event.writer]
    if writer.seen is None and writer.written < ROUNDS:
        return None
    return Refusal("writer.read", "has read, or is done")


def may_write(race: Race, event: Write) -> Refusal | None:
    if race.writers[event.writer].seen is not None:
        return None
    return Refusal("writer.write", "has read nothing")


def numbers(race: Race) -> Sequence[int]:
    return range(len(race.writers))


TABLE = Table(
    [
        Rule(
            name="writer.read",
            event=Read,
            guard=may_read,
            effect=read,
            choices=lambda race: [*map(Read, numbers(race))],
        ),
        Rule(
            name="writer.write",
            event=Write,
            guard=may_write,
            effect=write,
            choices=lambda race: [*map(Write, numbers(race))],
        ),
    ]
)


def fingerprint(race: Race) -> int:
    """Return what of the state matters: the counter, and what each writer has read and written."""
    version = race.store.get(KEY).metadata.resource_version
    seen = tuple(
        (writer.written, "" if writer.seen is None else writer.seen.metadata.resource_version)
        for writer in race.writers
    )
    return digest((race.count, version, seen))


def search(*, versioned: bool, writers: int = 2):
    """Explore every order in which the writers read and write."""
    store = EMPTY.put(
        ConfigMap(metadata=ObjectMeta(name=KEY.name, namespace=KEY.namespace), data=FrozenMap({"n": "0"}))
    )
    start = Race(store=store, writers=(Writer(versioned=versioned),) * writers)
    properties = [
        always("no_granted_write_is_lost", lambda race: race.count == sum(one.written for one in race.writers)),
        sometimes("everybody_has_written", lambda race: all(one.written == ROUNDS for one in race.writers)),
    ]
    return explore(TableSystem(TABLE, {"race": start}, fingerprint), properties)


@pytest.mark.parametrize("writers", [pytest.param(2, id="two writers"), pytest.param(3, id="three writers")])
def test_no_update_is_lost_under_any_order(writers):
    """All orders of reads and writes were seen, and in each the counter is the number of granted writes."""
    lost, done = search(versioned=True, writers=writers).verdicts

    assert lost.outcome is Outcome.HOLDS
    assert done.outcome is Outcome.HOLDS
    assert lost.coverage.limit is None


def test_without_versions_an_update_is_lost():
    """The mutant: who does not say which version he read overwrites what came between."""
    lost = search(versioned=False).verdicts[0]

    assert lost.outcome is Outcome.VIOLATED
    assert len(lost.trace.events) == 4


def test_patches_of_different_fields_do_not_get_in_each_others_way():
    """Two merge patches of one old version, in either order, both stay."""
    store = EMPTY.put(ConfigMap(metadata=ObjectMeta(name=KEY.name, namespace=KEY.namespace)))
    results = set()
    for order in (("a", "b"), ("b", "a")):
        after = store
        for name in order:
            body = Json.of({"data": {name: name}})
            options = Options(patch_type=PatchType.MERGE)
            after = handle(after, Request(verb=Verb.PATCH, key=KEY, body=body, options=options), CONTEXT).store
        results.add(after.get(KEY).data)

    assert results == {FrozenMap({"a": "a", "b": "b"})}
