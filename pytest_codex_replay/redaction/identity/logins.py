"""Names by which people log in, told from those of systems and programs. No I/O."""

import re
from urllib.parse import unquote

from pytest_codex_replay.redaction.formats import words

_OF_SYSTEM = frozenset(
    (
        *(*words("generic_names"), *words("naming_words"), *words("vendors"), *words("ordinary_words")),
        *"svc bot robot access oauth anonymous reader writer monitoring grafana prometheus backup x svcacct".split(),
        *"application nobody someone name id scan sync build release artwork reporter reports service".split(),
    )
)
"""Words in the logins of programs."""
_OF_A_PROGRAM = re.compile(r"^[A-Z0-9]+$(?<!\d{7})|-\d+$|bot$|user$")
_LONG_NUMBER = 7


def is_login(value: str) -> bool:
    """Return whether a name by which is logged in may be that of a person: no word of it is that of a system."""
    parts = [one.lower() for one in re.split(r"[\d._+%-]+", unquote(value)) if one]
    if not (parts or len(value) >= _LONG_NUMBER) or _OF_A_PROGRAM.search(value):
        return False
    return _OF_SYSTEM.isdisjoint(parts)
