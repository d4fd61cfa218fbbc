"""Lists at a revision and in pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcore.api.convert import from_wire
from kcore.api.object import ObjectKey
from kcore.apiserver.handle import Context, handle
from kcore.apiserver.request import Options, Request, Verb
from kcore.apiserver.store import Store


def config_map(name, value="", namespace="default"):
    meta = {"name": name, "namespace": namespace, "labels": {"parity": "even" if len(name) % 2 == 0 else "odd"}}
    return from_wire({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"v": value}})


def listed(store, **options):
    request = Request(verb=Verb.LIST, key=ObjectKey("ConfigMap", "", ""), options=Options(**options))
    return handle(store, request, Context(now=0)).response


def names(response):
    return [one.metadata.name for one in response.items]


@pytest.fixture
def store():
    """Four ConfigMaps at revision 4, of which since then one was changed, one removed and one added."""
    store = Store.of([config_map(name) for name in "abcd"])
    return store.put(config_map("b", "new")).remove(ObjectKey("ConfigMap", "default", "c")).put(config_map("e"))


def test_a_list_comes_in_pages(store):
    """Each page has as many as asked for, says how many remain, and the next one goes on after it."""
    first = listed(store, limit=3)
    second = listed(store, limit=3, continue_token=first.continue_token)

    assert (names(first), first.remaining_item_count) == (["a", "b", "d"], 1)
    assert (names(second), second.continue_token, second.remaining_item_count) == (["e"], "", None)


def test_a_list_with_a_selector_does_not_say_how_much_remains(store):
    """How many further objects match is not known without looking at them."""
    page = listed(store, limit=1, label_selector="parity=odd")

    assert page.continue_token
    assert page.remaining_item_count is None


def test_pages_are_of_one_revision(store):
    """What happens after the first page is not in the next ones."""
    first = listed(store, limit=2)
    later = store.remove(ObjectKey("ConfigMap", "default", "d")).put(config_map("z"))
    second = listed(later, limit=9, continue_token=first.continue_token)

    assert names(second) == ["d", "e"]
    assert second.revision == first.revision == store.revision


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"resource_version": "4", "resource_version_match": "Exact"}, "abcd", id="exactly one"),
        pytest.param({"resource_version": "5", "resource_version_match": "Exact"}, "abcd", id="the next one"),
        pytest.param({"resource_version": "6", "resource_version_match": "Exact"}, "abd", id="after a removal"),
        pytest.param({"resource_version": "4", "limit": 9}, "abcd", id="a page at a revision is exact"),
        pytest.param({"resource_version": "4"}, "abde", id="not older than"),
        pytest.param({"resource_version": "0"}, "abde", id="any"),
        pytest.param({}, "abde", id="the latest"),
    ],
)
def test_a_list_is_of_the_revision_it_asks_for(store, options, expected):
    """Exact lists show the past; others are never older than what is asked for."""
    assert "".join(names(listed(store, **options))) == expected


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        pytest.param({"resource_version": "99"}, 504, "Timeout", id="yet to come"),
        pytest.param({"resource_version": "4", "resource_version_match": "Exact"}, 410, "Expired", id="compacted"),
        pytest.param({"resource_version": "x"}, 400, "BadRequest", id="no number"),
        pytest.param({"resource_version_match": "Exact"}, 422, "Invalid", id="a match without a revision"),
        pytest.param(
            {"resource_version": "0", "resource_version_match": "Exact"}, 422, "Invalid", id="exactly anything"
        ),
        pytest.param({"continue_token": "nonsense"}, 400, "BadRequest", id="no token"),
    ],
)
def test_a_list_that_can_not_be_made_is_refused(store, options, code, reason):
    """The answer says what is wrong with the revision or the token."""
    response = listed(store.compact(5), **options)

    assert (response.code, response.reason) == (code, reason)


def test_a_token_expires_with_its_revision(store):
    """Once the changes since the first page are compacted away, the rest may only be read as it is by now."""
    first = listed(store, limit=1)
    later = store.put(config_map("y")).remove(ObjectKey("ConfigMap", "default", "b"))
    later = later.compact(later.revision)
    refused = listed(later, limit=2, continue_token=first.continue_token)
    rest = listed(later, limit=2, continue_token=refused.continue_token)

    assert (refused.code, refused.reason, names(refused)) == (410, "Expired", [])
    assert (names(rest), rest.revision) == (["d", "e"], later.revision)
    assert names(listed(later, continue_token=rest.continue_token)) == ["y"]


def test_a_list_of_any_version_comes_in_one_page(store):
    """A server that answers from its cache does not heed the limit."""
    page = listed(store, limit=1, resource_version="0")

    assert (names(page), page.continue_token) == (["a", "b", "d", "e"], "")


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x", "y", None])), max_size=14),
    st.integers(1, 4),
)
def test_pages_make_up_the_list(writes, limit):
    """Whatever was written, the pages of any size joined are the whole list, at each revision."""
    store, states = Store.of([config_map("start")]), []
    for name, value in writes:
        key = ObjectKey("ConfigMap", "default", name)
        if value is not None:
            store = store.put(config_map(name, value))
        elif store.get(key) is not None:
            store = store.remove(key)
        states.append(store)
    for past in states:
        whole = listed(past).items
        page = listed(store, limit=limit, resource_version=str(past.revision), resource_version_match="Exact")
        joined = list(page.items)
        while page.continue_token:
            page = listed(store, limit=limit, continue_token=page.continue_token)
            joined += page.items

        assert tuple(joined) == whole
