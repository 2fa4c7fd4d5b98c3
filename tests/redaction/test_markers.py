"""All literals of the rules are searched at once."""

import subprocess
import sys

import pytest

from pytest_codex_replay.redaction.markers import Markers, places_of

TEXT = "a key, KEY and keys: ключ key"


def test_every_place_of_every_literal_is_found():
    """Also of one within another, and behind characters of other scripts."""
    places = Markers(["key", "keys", "ey", "no such"]).places(TEXT)

    assert places == {"key": [2, 15, 26], "ey": [3, 16, 27], "keys": [15]}


def test_places_are_in_order_and_once():
    """Whether they are known already, or not."""
    literals = ("key", "keys", "a")
    known = Markers(literals).places(TEXT)

    assert places_of(literals, TEXT) == places_of(literals, TEXT, known) == [0, 2, 11, 15, 26]
    assert places_of(literals, TEXT, known) is places_of(literals, TEXT, known)


def test_without_literals_nothing_is_found():
    """A single character is looked for by itself."""
    markers = Markers(["a", "b", "a", ""])

    assert markers.places(TEXT) == {}
    assert markers.single == ("a", "b")


def test_inside_a_long_repeat_nothing_is_looked_for():
    """Each of its places would be one; those at its ends are, and all behind it."""
    text = "key " + "a" * 1_000_000 + " key aaa " + "a" * 1000 + "key"

    places = Markers(["key", "aa"]).places(text)

    assert places["key"] == [0, 1_000_005, text.rindex("key")]
    assert places["aa"][0] == 4
    assert places["aa"][-1] == len(text) - len("aakey")
    assert len(places["aa"]) < 10_000
    assert places["aa"] == sorted(set(places["aa"]))


def test_half_a_surrogate_pair_is_a_character():
    """JSON may hold one."""
    assert Markers(["key"]).places("\ud800 key \udc00 key") == {"key": [2, 8]}


@pytest.mark.parametrize("module", ["recorder.recorder", "redaction.capture"])
def test_the_recorder_does_without(module):
    """It removes values that it knows; the rules run when a cassette is made."""
    code = f"import sys, pytest_codex_replay.{module}; print('ahocorasick_rs' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_a_window_in_ascii_counts_literals_as_others_do():
    """Its own automaton has the literals of ASCII alone; a long text may have windows of both kinds."""
    text = "key " + " " * 70_000 + "ключ key"

    assert Markers(["ключ", "key", "été"]).places(text) == {"key": [0, len(text) - 3], "ключ": [len(text) - 8]}
    assert Markers(["ключ"]).places("key") == {}


def test_in_windows_of_a_text_the_same_is_found():
    """As far as it begins in them; a single character, too."""
    text, windows = "ab-abc-ab-abc", [(1, 4), (8, 12)]
    markers = Markers(("ab", "abc"))

    places = markers.places(text, windows)

    assert dict(places) == {"ab": [3, 10], "abc": [3, 10]}
    assert places_of(("-", "ab"), text, places) == [2, 3, 9, 10]
