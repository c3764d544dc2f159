"""YAML with places: what a file says, and on which line it says it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_REPLACED = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:timestamp"}


class _Loader(_FastLoader):  # type: ignore[misc]
    """Only true and false are booleans and only plain decimals numbers: `no`, `on`, 2026-11-30, 0439 stay words."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the library's own way to say this
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
        for first, resolvers in _FastLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, where it stands and in which path of keys."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}"
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class LibraryError(ValueError):
    """Content that cannot be used. The message is the first problem; `problems` holds all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    data: Any
    node: yaml.Node | None

    @classmethod
    def parse(cls, text: str, name: str) -> "Source":
        """Raises LibraryError for what is not YAML or says a key twice."""
        try:
            loader = _Loader(text)
            node = loader.get_single_node()
            data = None if node is None else loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise LibraryError([Problem(name, line, "", f"is not YAML: {error.problem or error.context}")]) from error
        except yaml.YAMLError as error:
            raise LibraryError([Problem(name, 1, "", f"is not YAML: {error}")]) from error
        source = cls(name, data, node)
        doubled = [source.problem(path, "stands here twice") for path in _doubled(node, ())]
        if doubled:
            raise LibraryError(doubled)
        return source

    def problem(self, path: Sequence[str | int], message: str) -> Problem:
        """Steps of `path` that the file does not know, as pydantic adds them, are passed over."""
        node, known = self.node, []
        line = 1
        for part in path:
            entry = _entry(node, part)
            if entry is not None:
                at, node = entry
                line = at.start_mark.line + 1
                known.append(str(part))
        return Problem(self.name, line, ".".join(known), message)


def _entry(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Where an entry begins, and its value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):
            if key.value == str(part):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None


def _doubled(node: yaml.Node | None, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield (*path, key.value)
            seen.add(key.value)
            yield from _doubled(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _doubled(value, (*path, index))
