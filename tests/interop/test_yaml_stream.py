"""Cassettes in YAML, interaction by interaction."""

from io import BytesIO

import pytest
import yaml

from pytest_codex_replay.interop.yaml_stream import NoInteractionsError, interactions_in_yaml
from pytest_codex_replay.limits import TooManyValuesError


def read(text):
    return list(interactions_in_yaml(BytesIO(text.encode())))


def test_an_interaction_is_read_when_it_is_asked_for():
    """What stands behind it may be anything."""
    found = interactions_in_yaml(BytesIO(b"interactions:\n- {a: 1}\n- {b: 2}\n- {c: [\n"))

    assert [next(found), next(found)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(yaml.YAMLError):
        next(found)


@pytest.mark.parametrize(
    "text",
    [
        "x: &x [1, 2]\ninteractions:\n- a: &y {b: *x}\n- <<: *y\n  c: *y\n",
        "x: &x\n- a: !!binary aGk=\n- 3\ninteractions: *x\n",
        "interactions: &x [1]\nx: *x\n",
        "interactions: []\nversion: 1\n",
        "interactions:\n- !!python/tuple [1, !!python/unicode 'a', !!python/str 'b']\n",
    ],
    ids=["anchors", "alias", "referred to", "none", "tags"],
)
def test_it_is_what_the_whole_document_says(text):
    """Anchors are known in all interactions."""
    loader = type("Loader", (yaml.FullLoader,), {})
    loader.add_constructor("tag:yaml.org,2002:python/unicode", loader.construct_scalar)
    whole = yaml.load(text, Loader=loader)

    assert read(text) == whole["interactions"]


def test_a_body_that_was_a_file_is_its_bytes():
    """Older releases of vcrpy wrote the object."""
    text = "interactions:\n- !!python/object/new:_io.BytesIO\n  state: !!python/tuple [!!binary aGk=, 0, null]\n"

    assert read(text) == [b"hi"]


@pytest.mark.parametrize("text", ["", "- 1", "a: 1", "interactions: 1", "x"])
def test_what_has_no_interactions_is_told_from_what_is_no_yaml(text):
    """The user may have meant another file."""
    with pytest.raises(NoInteractionsError):
        read(text)


@pytest.mark.parametrize(
    "text", ["!!python/object/apply:os.system [ls]", "a: !x 1", "a: 1\n---\nb: 2", "a: *x", "interactions: !x []"]
)
def test_what_vcrpy_does_not_write_is_refused(text):
    """Nothing is run."""
    with pytest.raises(yaml.YAMLError):
        read(text if text.startswith("!") else f"{text}\n")


def test_an_interaction_of_too_many_values_is_refused():
    """Each takes hundreds of bytes."""
    with pytest.raises(TooManyValuesError):
        read(f"interactions:\n- [{'{}, ' * 300_000}]\n")
