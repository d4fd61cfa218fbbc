"""From paths to texts: files, directories and standard input.

Models kubectl's `-f`: a path is a file, a directory (its *.json, *.yaml and *.yml, by name, without the directories in
it) or `-`. Does not model URLs, globs and kustomizations.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import attrs

from kcore.errors import InputError, Place

STANDARD_INPUT = "standard input"
SUFFIXES = (".json", ".yaml", ".yml")

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@attrs.frozen
class File:
    """A file that was read; `named` when it was asked for itself, not found in a directory."""

    name: str
    text: str
    named: bool


def read_files(paths: Sequence[str], stdin: IO[bytes] | None = None) -> Iterator[File]:
    """Yield the files that `paths` stand for, in order; InputError for one that can't be read."""
    for name in paths:
        if name == "-":
            yield File(STANDARD_INPUT, _text(stdin.read() if stdin else b"", STANDARD_INPUT), named=True)
        elif _is_directory(name):
            yield from _directory(name)
        else:
            yield File(name, _text(_bytes(name), name), named=True)


def _is_directory(name: str) -> bool:
    """Tell whether `name` is a directory; what can't be asked about is none, and can't be read either."""
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


def _directory(name: str) -> Iterator[File]:
    try:
        found = sorted(path for path in Path(name).iterdir() if path.suffix in SUFFIXES and not path.is_dir())
    except OSError as error:
        raise _unreadable(name, error) from None
    if not found:
        raise InputError(
            "no manifests in this directory", place=Place(file=name), expected="*.yaml, *.yml or *.json files"
        )
    for path in found:
        yield File(str(path), _text(_bytes(str(path)), str(path)), named=False)


def _bytes(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise _unreadable(name, error) from None
    except ValueError:
        raise InputError(f"{name!r} is not the name of a file") from None


def _unreadable(name: str, error: OSError) -> InputError:
    return InputError(f"can't be read: {(error.strerror or str(error)).lower()}", place=Place(file=name))


def _text(data: bytes, name: str) -> str:
    mark, encoding = next(((mark, code) for mark, code in _BYTE_ORDER_MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            "not a text file", place=Place(file=name, line=line), expected="YAML or JSON in UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError("not a text file", place=Place(file=name, line=line), expected="YAML or JSON in UTF-8")
    return text
