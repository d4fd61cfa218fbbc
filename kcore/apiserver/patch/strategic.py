"""Strategic merge patch: a merge patch that knows which lists are sets and which are maps by a key.

Models the directives `$patch: replace` and `$patch: delete` in objects and in lists, `$deleteFromPrimitiveList/…`,
`$setElementOrder/…` and `$retainKeys`, with merge keys and strategies from the field table. Where the table knows no
type, objects merge and lists are replaced. Neither argument is changed.

Not modelled: making a patch out of two objects, which is a client's work.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go
"""

from __future__ import annotations

from typing import Any

import attrs

from kcore.api.fields import FieldInfo, FieldType, TypeInfo, struct
from kcore.api.json import Wire
from kcore.apiserver.patch.order import Identity, in_order
from kcore.errors import KcoreError

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
DELETE_PREFIX = "$deleteFromPrimitiveList/"
ORDER_PREFIX = "$setElementOrder/"


class PatchError(KcoreError):
    """A patch that can't be applied: the answer is `code`."""

    def __init__(self, message: str, code: int = 400) -> None:
        """Keep the code; the message is upstream's."""
        self.code = code
        super().__init__(message)


@attrs.frozen
class _Field:
    """What is known of the field that a value stands in."""

    type: FieldType | None = None
    strategies: tuple[str, ...] = ()
    merge_key: str = ""

    @property
    def info(self) -> TypeInfo | None:
        """The fields of the field's own type, if it is an object of a known one."""
        return struct(self.type.struct) if self.type and self.type.struct else None

    @property
    def element(self) -> _Field:
        """What is known of the elements of a list or the values of a map."""
        return _Field(self.type.element if self.type else None)

    def child(self, name: str) -> _Field:
        """Return what is known of the field `name` of an object that stands in this field."""
        info = self.info
        if info is None:
            return self.element
        known: FieldInfo | None = info.fields.get(name)
        return _Field(known.type, known.patch_strategy, known.merge_key) if known else _Field()


def strategic_patch(target: Wire, patch: Wire, of: TypeInfo) -> Wire:
    """Return `target`, an object of type `of`, as `patch` wants it; PatchError when the patch makes no sense."""
    return _merge_objects(target, patch, _Field(FieldType(shape="object", go=of.short, struct=of.name)))


def _merge_objects(target: Wire, patch: Wire, field: _Field) -> Wire:
    if DIRECTIVE in patch:
        return _directed(patch)
    merged, orders = dict(target), {}
    patch = dict(patch)
    if RETAIN in patch:
        _retain(merged, patch)
    for name in [name for name in patch if name.startswith(ORDER_PREFIX)]:
        orders[name.removeprefix(ORDER_PREFIX)] = _list(patch.pop(name), "$setElementOrder")
    for name, value in patch.items():
        if name.startswith(DELETE_PREFIX):
            _delete_primitives(merged, name.removeprefix(DELETE_PREFIX), value)
        elif value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge_values(merged.get(name), value, field.child(name), orders.pop(name, None))
    for name, order in orders.items():
        if isinstance(merged.get(name), list):
            merged[name] = _reordered(merged[name], merged[name], order, field.child(name).merge_key)
    return merged


def _directed(patch: Wire) -> Wire:
    """Return the object that a patch with a directive asks for."""
    if patch[DIRECTIVE] == "replace":
        return {name: value for name, value in patch.items() if name != DIRECTIVE}
    if patch[DIRECTIVE] == "delete":
        return {}
    raise PatchError(f"unknown patch type: {patch[DIRECTIVE]} in map: {patch}", 500)


def _retain(target: Wire, patch: Wire) -> None:
    """Drop from `target` what the patch does not retain, and the directive from the patch."""
    retained = _list(patch.pop(RETAIN), RETAIN)
    changed = [name for name, value in patch.items() if value is not None and not name.startswith("$")]
    if any(name not in retained for name in changed):
        raise PatchError(f"invalid {RETAIN} patch format: a field of the patch is not retained")
    for name in [name for name in target if name not in retained]:
        del target[name]


def _delete_primitives(target: Wire, name: str, values: Any) -> None:
    """Remove `values` from the list of scalars called `name`."""
    if isinstance(target.get(name), list):
        gone = _list(values, "$deleteFromPrimitiveList")
        target[name] = [value for value in target[name] if value not in gone]


def _merge_values(target: Any, patch: Any, field: _Field, order: list[Any] | None) -> Any:
    if "replace" not in field.strategies and isinstance(target, dict) and isinstance(patch, dict):
        return _merge_objects(target, patch, field)
    if isinstance(target, list) and isinstance(patch, list) and "merge" in field.strategies:
        return _merge_lists(target, patch, field, order)
    cleaned = _cleaned(patch)
    return (
        cleaned if order is None or not isinstance(cleaned, list) else _reordered(cleaned, [], order, field.merge_key)
    )


def _merge_lists(target: list[Any], patch: list[Any], field: _Field, order: list[Any] | None) -> list[Any]:
    if any(isinstance(item, list) for item in (*target, *patch)):
        raise PatchError("lists of lists are not supported", 422)
    if not any(isinstance(item, dict) for item in (*target, *patch)):
        merged = list(dict.fromkeys((*target, *patch)))
        return _reordered(merged, target, patch if order is None else order, "")
    key = field.merge_key
    if not key:
        raise PatchError("cannot merge lists without merge key", 500)
    left, plain, replaced = _without_special(target, patch, key)
    if replaced:
        return plain
    merged = list(left)
    places = {_key(item, key): at for at, item in enumerate(merged)}
    for item in plain:
        at = places.get(_key(item, key))
        if at is None:
            merged.append(_cleaned(item))
        else:
            merged[at] = _merge_objects(merged[at], item, field.element)
    return _reordered(merged, left, plain if order is None else order, key)


def _without_special(target: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any], bool]:
    """Return the target without what the patch deletes, the patch without its directives, and whether it replaces."""
    replaced = False
    plain = []
    for item in patch:
        directive = item.get(DIRECTIVE) if isinstance(item, dict) else None
        if directive is None:
            plain.append(item)
        elif directive == "delete":
            gone = _key(item, key)
            target = [item for item in target if _key(item, key) != gone]
        elif directive == "replace":
            replaced = True
        else:
            raise PatchError(f"unknown patch type: {directive} in list", 500)
    return target, plain, replaced


def _reordered(items: list[Any], before: list[Any], order: list[Any], key: str) -> list[Any]:
    """Return `items` in the order asked for, the others where they stood in `before`."""
    identity: Identity = (lambda item: _key(item, key)) if key else (lambda item: item)
    return in_order(items, before, order, identity)


def _key(item: Any, key: str) -> Any:
    """Return the value by which a list of objects tells its elements apart."""
    if not isinstance(item, dict) or key not in item:
        raise PatchError(f"map: {item} does not contain declared merge key: {key}", 500)
    return item[key]


def _list(value: Any, directive: str) -> list[Any]:
    if not isinstance(value, list):
        raise PatchError(f"invalid {directive} patch format: expected a list, found {value!r}")
    return value


def _cleaned(value: Any) -> Any:
    """Return a value of a patch as it stands where nothing was: without nulls and directives."""
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if item is not None and not name.startswith("$")}
        return {name: _cleaned(item) for name, item in kept.items()} if value.get(DIRECTIVE) != "delete" else {}
    if isinstance(value, list):
        return [_cleaned(item) for item in value if not (isinstance(item, dict) and DIRECTIVE in item)]
    return value
