"""What is kept of an interaction."""

import orjson

from pytest_codex_replay.index.kept_call import KeptCall
from pytest_codex_replay.upstream.scenarios import text, tool_loop


def test_it_is_what_it_was_made_of(talk):
    """Written and read again; of a title request, with what was asked and answered."""
    titled, other = talk(text("Title")), talk(tool_loop(1))
    titled.title("fix it")
    other.turn("go")
    for call, is_title in ((titled.interactions[0], True), (other.interactions[0], False)):
        kept = KeptCall.of(call)

        assert KeptCall.from_json(orjson.loads(orjson.dumps(kept.as_json()))) == kept
        assert (kept.role, kept.outcome, kept.identity) == (call.role, call.outcome, call.identity)
        assert (kept.output == call.output, bool(kept.input)) == (is_title, is_title)
