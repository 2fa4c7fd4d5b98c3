"""What mkdocs does beside its own: links out of docs/ lead to the repository, and must exist there."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_OUTWARD = re.compile(r"\]\(\.\./([^)#\s]*)")


def on_page_markdown(markdown: str, *, config: Any, **_more: object) -> str:
    """Return a page whose links out of docs/ are absolute.

    Raises:
        FileNotFoundError: a link leads to nothing.
    """
    return _OUTWARD.sub(lambda found: f"]({_url(found[1], config['repo_url'])}", markdown)


def _url(path: str, repository: str) -> str:
    place = ROOT / path
    if not place.exists():
        raise FileNotFoundError(f"docs link to {path}, which does not exist")
    return f"{repository}/{'tree' if place.is_dir() else 'blob'}/main/{path}"
