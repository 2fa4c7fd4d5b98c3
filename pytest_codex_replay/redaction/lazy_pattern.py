"""A pattern that is compiled when it is first tried. No I/O."""

import re
from typing import Any


class LazyPattern:
    """Stands for a `re.Pattern`: of hundreds of rules, a process tries few, and to compile all takes 0.5 s."""

    def __init__(self, pattern: str, flags: re.RegexFlag) -> None:
        self.pattern = pattern
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        """Compile, and return one member of the result, which is kept."""
        if name.startswith("__"):  # a copy or a pickle in the making
            raise AttributeError(name)
        member = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, member)
        return member


def lazy(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """Return a pattern that is not compiled yet; one that is malformed raises `re.error` when it is tried."""
    return LazyPattern(pattern, flags)  # type: ignore[return-value]  # it has all that is used of one
