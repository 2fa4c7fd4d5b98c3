"""The sandbox that a request names."""

import pytest

from pytest_codex_replay.codex.sandbox import sandbox_in


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        (rb'"text":"`sandbox_mode` is `workspace-write`: The sandbox"', "workspace-write"),
        (rb'"text":"<sandbox_mode>read-only</sandbox_mode>"', "read-only"),
        (
            rb'"turn-metadata":"{\"sandbox\":\"none\",\"sandbox_mode\":\"danger-full-access\"}"',
            "danger-full-access",
        ),
        (rb'{"sandbox_mode": "read-only"}', "read-only"),
        (rb'"text":"The options for `sandbox_mode` are: **read-only**"', None),
        (rb'"text":"sandbox_mode is `made-up`"', None),
    ],
)
def test_each_release_has_its_words(request_body, expected):
    """Instructions that only list the sandboxes name none."""
    assert sandbox_in(request_body) == expected
