"""A pattern that is compiled when it is first tried. No I/O."""

import re
from typing import Any


class LazyPattern:
    """Stands for a `re.Pattern`: of hundreds of rules, a process tries few, and to compile all takes 0.3 s."""

    def __init__(self, pattern: str, flags: re.RegexFlag) -> None:
        self.pattern = pattern
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        """Compile, keep what rules use of the result, and return one member of it."""
        if name.startswith("__"):  # a copy or a pickle in the making
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        self.match, self.search, self.finditer = compiled.match, compiled.search, compiled.finditer
        self.groupindex = compiled.groupindex
        return getattr(compiled, name)


def lazy(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Return a pattern that is not compiled yet; one that is malformed raises `re.error` when it is tried."""
    return LazyPattern(pattern, flags)  # type: ignore[return-value]  # it has all that is used of one
