"""A cassette of vcrpy in YAML, read interaction by interaction: one is in memory, and what has an anchor."""

from collections.abc import Generator, Iterator
from typing import Any, BinaryIO

import yaml
from yaml.composer import Composer, ComposerError
from yaml.constructor import ConstructorError
from yaml.nodes import Node, ScalarNode

from pytest_codex_replay.limits import JSON_VALUES, SPARSE_BYTES, TooManyValuesError

_NODES = JSON_VALUES // 2
"""Of an interaction: each takes twice as much as a value of JSON."""
_MAP = "tag:yaml.org,2002:map"
_PYTHON = "tag:yaml.org,2002:python/"


class NoInteractionsError(ValueError):
    """The file is not a cassette, or is one of vcrpy before 1.0."""


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one of C, where it is built."""


class _Loader(_Base):  # type: ignore[misc]  # which class it is, is known when it runs
    """Reads events by libyaml, and composes what is asked for: libyaml alone composes nothing less than a document."""

    compose_scalar_node = Composer.compose_scalar_node
    compose_sequence_node = Composer.compose_sequence_node
    compose_mapping_node = Composer.compose_mapping_node

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.anchors: dict[str, Node] = {}
        self._nodes = self._start = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node:
        """Return the next value, uncounted where it is an alias.

        Raises:
            TooManyValuesError: it is one too many.
        """
        self._nodes += 1
        if self._nodes > _NODES and self._nodes * SPARSE_BYTES > self.peek_event().start_mark.index - self._start:
            raise TooManyValuesError
        node: Node = Composer.compose_node(self, parent, index)
        node.end_mark = None
        return node

    def whole_node(self, parent: Node | None, index: Any) -> Node:
        """Return the next value, which is not part of one."""
        self._nodes, self._start = 0, self.peek_event().start_mark.index
        return self.compose_node(parent, index)

    def interactions(self) -> Iterator[Any]:
        """Yield the interactions.

        Raises:
            NoInteractionsError: there are none.
        """
        self.get_event()  # the stream begins
        is_found = False
        if not self.check_event(yaml.StreamEndEvent):
            self.get_event()  # a document begins
            if self.check_event(yaml.MappingStartEvent):
                is_found = yield from self._in_mapping()
            else:
                self.construct_document(self.whole_node(None, None))
            self.get_event()
        if not self.check_event(yaml.StreamEndEvent):
            raise ComposerError(None, None, "found another document", self.peek_event().start_mark)
        if not is_found:
            raise NoInteractionsError

    def _in_mapping(self) -> Generator[Any, None, bool]:
        if self.get_event().tag not in {None, "!", _MAP}:
            raise ConstructorError(None, None, "no mapping as vcrpy writes it", self.peek_event().start_mark)
        is_found = False
        while not self.check_event(yaml.MappingEndEvent):
            key = self.whole_node(None, None)
            is_meant = isinstance(key, ScalarNode) and key.value == "interactions"
            if is_meant and self._is_plain_sequence():
                is_found = True
                self.get_event()
                while not self.check_event(yaml.SequenceEndEvent):
                    yield self.construct_document(self.whole_node(None, None))
                self.get_event()
                continue
            value = self.construct_document(self.whole_node(None, key))  # what it is decides whether this is a cassette
            if is_meant and isinstance(value, list):
                is_found = True
                yield from value
        self.get_event()
        return is_found

    def _is_plain_sequence(self) -> bool:
        """Return whether a sequence follows that may be read piece by piece: one that nothing refers to."""
        following = self.peek_event()
        return isinstance(following, yaml.SequenceStartEvent) and following.anchor is None and following.tag is None


def _body(loader: _Loader, node: Node) -> Any:
    """Return what a file was that was sent as a body: vcrpy wrote its buffer and its state."""
    (content, *_) = loader.construct_mapping(node, deep=True)["state"]
    return content


for _name, _construct in {
    "str": _Loader.construct_scalar,
    "unicode": _Loader.construct_scalar,
    "tuple": lambda loader, node: tuple(loader.construct_sequence(node)),
    "object/new:_io.BytesIO": _body,
}.items():
    _Loader.add_constructor(f"{_PYTHON}{_name}", _construct)


def interactions_in_yaml(file: BinaryIO) -> Iterator[Any]:
    """Yield what the interactions of a cassette are.

    Raises:
        NoInteractionsError: it has none.
        YAMLError: it is not YAML, or holds other values than vcrpy writes.
        TooManyValuesError: it holds too many.
        RecursionError: they are nested too deeply.
    """
    return _Loader(file).interactions()
