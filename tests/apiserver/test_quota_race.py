"""Writers and the quota controller in every order: counting anew while others write frees nothing that is taken."""

from __future__ import annotations

import attrs

from kcore.api.convert import from_wire
from kcore.api.core.resourcequota import ResourceQuota
from kcore.api.frozenmap import FrozenMap
from kcore.api.json import Json
from kcore.api.object import ObjectKey
from kcore.api.quantity import Quantity
from kcore.apiserver.bootstrap import bootstrap
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.store import Store
from kcore.machine import Outcome, Refusal, Rule, Step, Table, TableSystem, always, digest, explore, sometimes

CONTEXT = Context(now=946_684_800_000)
QUOTA = ObjectKey("ResourceQuota", "default", "q")
HARD = 2
NAMES = ("a", "b", "c", "d")
RECOUNTS = 3


@attrs.frozen(kw_only=True)
class Race:
    """The store, the Secrets nobody has asked for yet, and what the controller has read and not written yet."""

    store: Store
    wanted: tuple[str, ...] = NAMES
    deleted: bool = False
    recounts: int = 0
    read: ResourceQuota | None = None
    versioned: bool = True

    @property
    def held(self) -> tuple[str, ...]:
        return tuple(one.metadata.name for one in self.store.list("Secret", "default"))

    @property
    def quota(self) -> ResourceQuota:
        return self.store.get(QUOTA)


@attrs.frozen
class Create:
    """A writer creates a Secret."""

    name: str


@attrs.frozen
class Delete:
    """A writer deletes a Secret."""

    name: str


@attrs.frozen
class Read:
    """The controller reads the quota and counts."""


@attrs.frozen
class Write:
    """The controller writes what it has counted."""


def sent(store, verb, key, body=None, subresource=""):
    """Return the store after a request."""
    request = Request(verb=verb, key=key, body=body, subresource=subresource, options=Options())
    return handle(store, request, CONTEXT).store


def create(race, event):
    wire = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": event.name}}
    store = sent(race.store, Verb.CREATE, ObjectKey("Secret", "default", ""), Json.of(wire))
    return Step(attrs.evolve(race, store=store, wanted=tuple(name for name in race.wanted if name != event.name)))


def delete(race, event):
    store = sent(race.store, Verb.DELETE, ObjectKey("Secret", "default", event.name))
    return Step(attrs.evolve(race, store=store, deleted=True))


def read(race, _):
    used = FrozenMap({"count/secrets": Quantity.of(len(race.held))})
    status = attrs.evolve(race.quota.status, hard=race.quota.spec.hard, used=used)
    return Step(attrs.evolve(race, read=attrs.evolve(race.quota, status=status), recounts=race.recounts + 1))


def write(race, _):
    body = race.read
    if not race.versioned:
        body = attrs.evolve(body, metadata=attrs.evolve(body.metadata, resource_version=""))
    return Step(attrs.evolve(race, store=sent(race.store, Verb.UPDATE, QUOTA, body, "status"), read=None))


def guard(name, may):
    """Return a guard that refuses what may not be."""
    return lambda race, event: None if may(race, event) else Refusal(name, "not now")


def may_read(race, _):
    return race.read is None and race.recounts < RECOUNTS


TABLE = Table(
    [
        Rule(
            name="writer.create",
            event=Create,
            guard=guard("writer.create", lambda race, event: event.name in race.wanted),
            effect=create,
            choices=lambda race: [Create(name) for name in race.wanted[:1]],
        ),
        Rule(
            name="writer.delete",
            event=Delete,
            guard=guard("writer.delete", lambda race, event: event.name in race.held and not race.deleted),
            effect=delete,
            choices=lambda race: [Delete(name) for name in race.held],
        ),
        Rule(
            name="controller.read",
            event=Read,
            guard=guard("controller.read", may_read),
            effect=read,
            choices=lambda _: [Read()],
        ),
        Rule(
            name="controller.write",
            event=Write,
            guard=guard("controller.write", lambda race, _: race.read is not None),
            effect=write,
            choices=lambda race: [Write()] if race.read else [],
        ),
    ]
)


def fingerprint(race):
    """Return what of the state matters: who has what, what is counted, and what the controller is about to write."""
    status, seen = race.quota.status, race.read
    counted = str(status.used.get("count/secrets", "")) if status else ""
    about = (
        ()
        if seen is None
        else (
            str(seen.status.used["count/secrets"]),
            seen.metadata.resource_version == race.quota.metadata.resource_version,
        )
    )
    return digest((race.held, race.wanted, race.deleted, race.recounts, counted, about))


def search(*, versioned):
    """Explore every order of four creations, a deletion and three recounts."""
    wire = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "q", "namespace": "default"},
        "spec": {"hard": {"count/secrets": str(HARD)}},
        "status": {"hard": {"count/secrets": str(HARD)}, "used": {"count/secrets": "0"}},
    }
    start = Race(store=bootstrap(CONTEXT.now).put(from_wire(wire)), versioned=versioned)
    properties = [
        always("no_more_than_allowed", lambda race: len(race.held) <= HARD),
        sometimes("as_many_as_allowed", lambda race: len(race.held) == HARD),
        sometimes("freed_and_taken_again", lambda race: race.deleted and len(race.held) == HARD),
    ]
    return explore(TableSystem(TABLE, {"race": start}, fingerprint), properties)


def test_no_interleaving_exceeds_a_quota():
    """Whatever comes between the controller's look and its write, no more is there than the quota allows."""
    exceeded, *reached = (verdict for verdict in search(versioned=True).verdicts)

    assert exceeded.outcome is Outcome.HOLDS
    assert exceeded.coverage.limit is None
    assert [verdict.outcome for verdict in reached] == [Outcome.HOLDS, Outcome.HOLDS]


def test_a_recount_without_a_version_lets_a_quota_be_exceeded():
    """The mutant: a controller that overwrites what was counted in between frees what is taken."""
    exceeded = search(versioned=False).verdicts[0]

    assert exceeded.outcome is Outcome.VIOLATED
