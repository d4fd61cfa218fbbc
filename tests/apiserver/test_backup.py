"""Backups: a store as text and back, and what is refused as one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.backup import load, save
from kcore.apiserver.bootstrap import bootstrap
from kcore.errors import InputError

NOW = 946_684_800_000


def config_map(name, value):
    meta = {"name": name, "namespace": "default"}
    return from_wire({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"v": value}})


@pytest.fixture
def text():
    """The backup of a cluster with one object of somebody's own, of a kind that nothing defines."""
    cake = {"apiVersion": "example.com/v1", "kind": "Cake", "metadata": {"name": "c", "namespace": "default"}}
    return save(bootstrap(NOW).put(from_wire(cake)).put(config_map("a", "1")), NOW)


def test_a_store_survives_its_text(text):
    """Objects, revision, counters and the time come back, and the text of the result is the same."""
    backup = load(text)

    assert backup.made_at == NOW
    assert backup.store.get(ObjectKey("ConfigMap", "default", "a")).data["v"] == "1"
    assert backup.store.get(ObjectKey("Cake.example.com", "default", "c")) is not None
    assert save(backup.store, backup.made_at) == text


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", None])), max_size=8))
def test_any_store_survives_its_text(writes):
    """Whatever was written and removed, everything that is there comes back, and can be found."""
    store = bootstrap(NOW)
    for name, value in writes:
        key = ObjectKey("ConfigMap", "default", name)
        if value is not None:
            store = store.put(config_map(name, value))
        elif store.get(key) is not None:
            store = store.remove(key)
    again = load(save(store, NOW)).store

    assert again.objects == store.objects
    assert (again.revision, again.minted) == (store.revision, store.minted)
    assert again.list("ConfigMap") == store.list("ConfigMap")


def with_header(text, **changes):
    first, rest = text.split("\n", 1)
    return json.dumps({**json.loads(first), **changes}) + "\n" + rest


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda text: "", "this is not a backup", id="nothing"),
        pytest.param(lambda text: "kind: Backup\n", "this is not a backup", id="no JSON"),
        pytest.param(lambda text: '{"kind": "Pod"}\n', "this is not a backup", id="another kind"),
        pytest.param(lambda text: with_header(text, version=9), "a backup of version 9 can't be read", id="version"),
        pytest.param(lambda text: with_header(text, revision=-1), "revision of the backup", id="revision"),
        pytest.param(lambda text: with_header(text, minted={}), "minted of the backup", id="counters"),
        pytest.param(lambda text: text.rsplit("\n", 2)[0] + "\n", "the backup has", id="cut off"),
        pytest.param(lambda text: text.replace('"v":"1"', '"v":"2"'), "the digest does not fit", id="changed"),
    ],
)
def test_what_is_no_backup_is_refused(text, spoil, said):
    """The error says what is wrong with the file before anything is done with it."""
    with pytest.raises(InputError, match=said) as caught:
        load(spoil(text), "backup.jsonl")

    assert caught.value.place.file == "backup.jsonl"
