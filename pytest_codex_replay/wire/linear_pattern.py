"""Patterns that users write: searched in a time linear in the text, whatever they are. No I/O."""

from typing import Any


def linear_pattern(pattern: str) -> Any:
    """Return a pattern of RE2, compiled.

    Raises:
        ValueError: it is not one; the message says why.
    """
    import re2  # noqa: PLC0415  only who writes patterns needs it

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, TypeError) as error:
        why = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(why) from error
