"""Read YAML files that people write, and refuse in a sentence what YAML readers let pass."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gamegrid.errors import UserError
from gamegrid.records import received

FILE_LIMIT = 20_000_000
"""The largest file that is read, in bytes."""
NODES_LIMIT = 2_000_000
"""The most values that a file may have once every alias is written out."""


PLAIN = {
    "parsing": "reading",
    "scanning": "reading",
    "constructing": "reading",
    "a flow sequence": "the list that '[' opens",
    "a flow mapping": "the mapping that '{' opens",
    "a quoted scalar": "the text that a quotation mark opens",
    "a block mapping": "a mapping",
    "a block collection": "a list",
    "a simple key": "a key",
}
"""What YAML's own terms are called here."""


class UnfitYaml(ValueError):
    """A text that is no YAML, or YAML that a configuration cannot be. Its text is a sentence."""


def read(path: Path) -> Any:
    """Return the content of a YAML file.

    Raises UserError if there is no such file or it is no regular file, and UnfitYaml; see
    ``parse``.
    """
    received.check_file(path, FILE_LIMIT)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}.") from error
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnfitYaml(
            f"it is not UTF-8 text (byte {error.start} is 0x{content[error.start]:02x}); save it "
            f"as UTF-8"
        ) from error


def parse(text: str) -> Any:
    """Return the value of a YAML text.

    Raises UnfitYaml, with the line, for a text that is no YAML, a key that appears twice, a value
    that contains itself, and aliases that unfold to a very large value.
    """
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_keys(node)
            _size(node, {}, set())
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError as error:
        raise UnfitYaml("it is nested too deeply") from error
    except UnfitYaml:
        raise
    except yaml.MarkedYAMLError as error:
        raise UnfitYaml(_told(error)) from error
    except (yaml.YAMLError, ValueError, ArithmeticError, TypeError, LookupError) as error:
        # Values such as 2025-13-45 raise what Python raises for them.
        raise UnfitYaml(" ".join(str(error).split()).rstrip(".")) from error
    except AttributeError as error:  # what SafeLoader raises for a tag such as !!timestamp
        raise UnfitYaml("a value does not fit its tag") from error


def _told(error: yaml.MarkedYAMLError) -> str:
    """Return what is wrong and where, without quoting the file, which may hold keys."""
    found = f"{error.problem or error.context}{_place(error.problem_mark or error.context_mark)}"
    if not error.problem or not error.context_mark:
        return found
    return f"{_plain(error.context or '')}{_place(error.context_mark)}: {found}"


def _place(mark: yaml.Mark | None) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


def _plain(context: str) -> str:
    """Return what was being read in words that a user knows who has typed a bracket."""
    for term, words in PLAIN.items():
        context = context.replace(term, words)
    return context


def _check_keys(root: Node) -> None:
    """Raise UnfitYaml for a mapping that has a key twice: readers keep the last one silently."""
    for node in _nodes(root):
        if not isinstance(node, MappingNode):
            continue
        seen: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, ScalarNode) or key.value == "<<":
                continue
            line, name = key.start_mark.line + 1, (key.tag, key.value)
            if name in seen:
                raise UnfitYaml(
                    f"the key {key.value!r} appears twice, in lines {seen[name]} and {line}; keep "
                    f"one of them"
                )
            seen[name] = line


def _nodes(root: Node) -> Iterator[Node]:
    """Yield every node once, however often aliases name it."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(_children(node))


def _children(node: Node) -> list[Node]:
    match node:
        case MappingNode():
            return [part for pair in node.value for part in pair]
        case SequenceNode():
            return list(node.value)
        case _:
            return []


def _size(node: Node, known: dict[int, int], open_nodes: set[int]) -> int:
    """Return the number of values in a node with every alias written out."""
    if id(node) in open_nodes:
        raise UnfitYaml(f"the value in line {node.start_mark.line + 1} contains itself")
    if id(node) not in known:
        open_nodes.add(id(node))
        known[id(node)] = 1 + sum(_size(child, known, open_nodes) for child in _children(node))
        open_nodes.remove(id(node))
        if known[id(node)] > NODES_LIMIT:
            raise UnfitYaml(f"its aliases unfold to more than {NODES_LIMIT:,} values")
    return known[id(node)]
