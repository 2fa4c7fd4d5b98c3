"""Write docs/api.md from the docstrings of what is public: `make api`.

griffe2md renders them; its links are made to lead somewhere.
"""

import re
from pathlib import Path

from griffe2md import ConfigDict, render_package_docs

PAGE = Path(__file__).with_name("api.md")
ROOT = PAGE.parents[1]
HEAD = """\
# Python API

Made from the docstrings by `make api`; a test checks that it is up to date.

"""
OPTIONS = ConfigDict(
    line_length=1000,  # another length would need a formatter, and give what that one likes
    show_object_full_path=False,
    show_root_heading=False,
    show_root_members_full_path=False,
    show_signature_annotations=True,
    show_submodules=False,
    summary=False,
    heading_level=2,
    search_paths=[str(ROOT)],
)
_LINK = re.compile(r"\[(\w+)\]\(#[\w.]+\)")
_CODE = re.compile(r"<code>(.*?)</code>")


def page() -> str:
    """Return the text of docs/api.md."""
    text = render_package_docs("pytest_codex_replay", OPTIONS)
    public = set(re.findall(r"^## `(\w+)`$", text, re.MULTILINE))

    def link(found: re.Match[str]) -> str:
        name = found[1]
        return f"[{name}](#{name.lower()})" if name in public else name

    def code(found: re.Match[str]) -> str:
        return found[0] if "](#" in found[1] else f"`{found[1]}`"

    text = _CODE.sub(code, _LINK.sub(link, text)).replace(") -> None\n```", ")\n```")
    return HEAD + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
