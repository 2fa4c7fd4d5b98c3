"""Words of Codex's own protocol, which are never treated as a name or a secret. No I/O.

A person or a password may be called like such a word. But a cassette in which these words are replaced everywhere could
not be replayed.
"""

import re

TURN_METADATA = "x-codex-turn-metadata"
"""A header and a member of the metadata whose value is JSON."""
TURN_STATE = "x-codex-turn-state"
"""What the upstream sends, to be echoed as it is."""
STREAM_START = "x-codex-ws-stream-request-start-ms"
"""In the metadata of a frame: when it was sent, in milliseconds since 1970."""
TURN_START = re.compile(r'("turn_started_at_unix_ms"[ ]?:[ ]?)\d+')
"""In the turn metadata: when the turn began; group 1 stays."""
MINTED_IDS = re.compile(
    r"^(?:(?:x-codex-)?(?:session|thread|turn|window|installation|conversation|inference-call)[-_]id|prompt_cache_key"
    r"|(?:parent|root|forked_from|context|x-codex-parent|x-client|x-codex-inference)[a-z_-]*[-_]id|safety_identifier"
    r"|(?:chatgpt_)?(?:account|user)_id|organization(?:_id)?|x-(?:oai-)?request-id)$"
)
"""Names of members and headers whose UUIDs say who and where."""

_WORDS = frozenset(
    "accept active added additional additionalproperties agent agents analytics annotations api application arguments "
    "array assistant async attribution auth author authorization auto backend background big boolean bytes cache "
    "cached call calls chat chatgpt choice choices chunk client clock code codex collaboration command compact "
    "compaction completed completion completions connector container content context conversation cost create created "
    "credits custom data day decode decoder definition deflate delta description detail details developer disabled "
    "done duration edited effort encrypted ended endpoint environment error errors event events exec exit failed "
    "failure feature features file files final followup fork format fragments function functions generate gone gpt "
    "grammar gzip hard harness header headers high host id identify identity image images in include incomplete index "
    "input installation instructions interrupt invalid item items json key keys kind kinds label lease left level "
    "limit limits list local logprobs low max mcp me medium message messages metadata mini minimal minitems minutes "
    "model models name namespace none number object of openai options originator other output parallel param "
    "parameters parent part patch path percent phase plan plugins prefix previous primary profile progress prompt "
    "properties provenance provider question questions queue queued rate reached reason reasoning recipient refused "
    "refusal remaining replace replay request requests required reset resets resp response responses result results "
    "role schema search secondary seconds sequence server service session sessions shell shutdown size skills sleep "
    "source spawn split start state status stderr stdin stdout stop storage store stream strict string subagent "
    "summary syntax system target task temperature terminal terminate text thread threads tier time timeout title "
    "tokens tool tools total trace trigger truncation turn turns type updated upgrade upstream url usage used user "
    "value verbosity version view wait web wham window workdir workspace workspaces write yield zstd v1 v2".split()
)
"""Words in names of members, kinds of events and items, tools and paths."""
_PART = re.compile(r"[._/: -]")
_POSITIONS = frozenset(
    "type object role status model phase effort verbosity tool_choice service_tier truncation finish_reason "
    "originator namespace include modalities encoding".split()
)
"""Members whose values are words of the protocol."""
_WORD = r"(?:[A-Za-z]{1,24}|\d{1,8}|[A-Za-z0-9]{1,6})"
_VALUE = re.compile(rf"{_WORD}(?:[-_.:/]{_WORD}){{0,8}}")
"""The shape of such words, which no token has."""


def is_protocol_word(text: str) -> bool:
    """Return whether a text consists of words of the protocol."""
    return all(part in _WORDS for part in _PART.split(text))


def is_protocol_value(name: str, text: str) -> bool:
    """Return whether the value of a member is a word of the protocol, by its position and its shape."""
    return name in _POSITIONS and _VALUE.fullmatch(text) is not None
