"""list: the objects of a kind, in one namespace or all, that selectors match, at one revision.

Models the revisions that a list may ask for (the latest, any, one not older than, exactly one) and pages: a limit, and
a token with which the next page is asked for at the same revision. A revision whose changes are compacted away is a
410, one that is yet to come a 504. A token whose revision is gone is a 410 too, and the answer has another one, with
which the rest may be read as it is by now. A list of any version comes in one page.

Not modelled: the order of etcd's paths, in which "a-b/" comes before "a/"; pages come in the order of the whole list.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import NamedTuple

from kcore.api.evolve import evolve
from kcore.api.kinds import key_of
from kcore.api.object import ApiObject, ObjectKey
from kcore.apiserver.outcome import Operation, Outcome
from kcore.apiserver.request import Options, Response
from kcore.apiserver.selection import Selection, selection
from kcore.apiserver.status import Status, bad_request, expired, too_large_version
from kcore.apiserver.store import Store
from kcore.apiserver.verbs.listoptions import EXACT, list_refused, revision_of

LATEST = -1
"""The revision of a token that goes on with whatever is there by then."""

_BAD_TOKEN = "continue key is not valid: encoded start key is missing, wrong or not of this version"
_OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_OLD_LIST = "The resourceVersion for the provided list is too old."


class Page(NamedTuple):
    """Where a list goes on: after the object `after`, at `revision` or at the LATEST."""

    revision: int
    after: tuple[str, str]


def list_objects(operation: Operation) -> Outcome:
    """Answer with the objects that the request selects, sorted by namespace and name."""
    options, store = operation.request.options, operation.store
    selected = list_refused(options) or selection(operation)
    if isinstance(selected, Status):
        return operation.refuse(selected)
    if not (options.limit or options.continue_token or options.resource_version or options.resource_version_match):
        return Outcome(store=store, response=Response(code=200, items=selected.select(store), revision=store.revision))
    page = _begin(store, options)
    if isinstance(page, Status):
        return operation.refuse(page)
    found = selected.select(store) if page.revision == store.revision else _past(store, page.revision, selected)
    if found is None:
        return _too_old(operation, page)
    return Outcome(store=store, response=_page(page, found, options))


def _too_old(operation: Operation, page: Page) -> Outcome:
    """Refuse a revision that is gone; who was reading pages gets a token for the rest as it is by now."""
    if not operation.request.options.continue_token:
        return operation.refuse(expired(_OLD_LIST))
    refused = operation.refuse(expired(_OLD_TOKEN))
    return evolve(refused, response=evolve(refused.response, continue_token=token_of(Page(LATEST, page.after))))


def _page(page: Page, found: tuple[ApiObject, ...], options: Options) -> Response:
    rest = [one for one in found if (one.metadata.namespace, one.metadata.name) > page.after]
    limit = options.limit if options.continue_token or options.resource_version != "0" else 0
    items = rest[:limit] if limit else rest
    if len(items) == len(rest):
        return Response(code=200, items=tuple(items), revision=page.revision)
    last = items[-1].metadata
    remaining = None if options.label_selector or options.field_selector else len(rest) - len(items)
    return Response(
        code=200,
        items=tuple(items),
        revision=page.revision,
        continue_token=token_of(Page(page.revision, (last.namespace, last.name))),
        remaining_item_count=remaining,
    )


def _begin(store: Store, options: Options) -> Page | Status:
    """Return where the list begins and at which revision, or why it can't."""
    if options.continue_token:
        page = page_of(options.continue_token)
        if page is None:
            return bad_request(_BAD_TOKEN)
        if options.resource_version not in ("", "0"):
            return bad_request("specifying resource version is not allowed when using continue")
        return page._replace(revision=store.revision) if page.revision == LATEST else page
    version, match = options.resource_version, options.resource_version_match
    asked = revision_of(version or "0")
    if not isinstance(asked, int):
        return bad_request(f"invalid resource version: {asked}")
    if asked > store.revision:
        return too_large_version(asked, store.revision)
    exact = match == EXACT or (not match and asked and options.limit)
    return Page(asked if exact else store.revision, ("", ""))


def _past(store: Store, revision: int, selected: Selection) -> tuple[ApiObject, ...] | None:
    """Return what `selected` selected at `revision`; None when what has changed since is compacted away."""
    changes = store.changes_since(revision) if revision <= store.revision else None
    if changes is None:
        return None
    objects: dict[ObjectKey, ApiObject] = {key_of(one): one for one in store.list(selected.kind, selected.namespace)}
    for change in reversed(changes):
        if change.key.kind != selected.kind:
            continue
        if change.old is None:
            objects.pop(change.key, None)
        else:
            objects[change.key] = change.old
    return tuple(one for key, one in sorted(objects.items()) if selected.matches(key, one))


def token_of(page: Page) -> str:
    """Return the token that stands for `page`: for clients, a text without a meaning."""
    content = {"v": "meta.k8s.io/v1", "rv": page.revision, "start": list(page.after)}
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def page_of(token: str) -> Page | None:
    """Return the page that `token` stands for, None when it was not made by `token_of`."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token.encode()))
        namespace, name = content["start"]
        page = Page(int(content["rv"]), (str(namespace), str(name)))
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    return page if token_of(page) == token else None
