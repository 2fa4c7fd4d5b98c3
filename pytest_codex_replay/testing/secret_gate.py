"""The gate: a cassette in which the scan finds a secret is not replayed, unless the secret is allowed by name.

A cassette is scanned once; what was found is kept in pytest's cache, until the cassette or the rules change.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

import pytest

from pytest_codex_replay import __version__
from pytest_codex_replay.archive.segment import PLAIN_SEGMENT
from pytest_codex_replay.commands import command_text
from pytest_codex_replay.errors import CodexReplayError
from pytest_codex_replay.redaction.rules import RULES
from pytest_codex_replay.redaction.ruleset import RULESET
from pytest_codex_replay.redaction.user_rules import UserRules
from pytest_codex_replay.sharing.config import load_user_rules
from pytest_codex_replay.sharing.scan.files import scan_paths
from pytest_codex_replay.sharing.scan.scan import LeftSecret, Scan

_KEY = "codex_replay/scan/"
_IDENTITY = "identity"
_SHOWN = 5


class SecretsFoundError(CodexReplayError):
    """A cassette holds a secret."""


class SecretGate:
    """Refuses cassettes in which the scan finds a secret. One for a run."""

    def __init__(self, project: Path, kept: pytest.Cache | None = None) -> None:
        """Use the rules of `project`, which may allow findings, too.

        Raises:
            UsageError: its rules are wrong.
        """
        self._project = project
        self._user = replace(load_user_rules(project), values=())  # what is kept must not depend on them
        self._kept = kept
        self._found: dict[str, tuple[str, tuple[LeftSecret, ...]]] = {}

    def check(self, cassette: Path, *, name: str, allow: Collection[str] = ()) -> None:
        """Look for secrets in a cassette.

        In an archive, which is private and was never redacted, the user's identity is not a secret.

        Args:
            cassette: its directory.
            name: what messages call it.
            allow: findings that are allowed, `kind` or `kind:number`.

        Raises:
            SecretsFoundError: there are others.
        """
        files = sorted(path for path in cassette.rglob("*") if path.is_file())
        is_archive = not any(file.name == PLAIN_SEGMENT for file in files)
        allowed = {*allow, *self._user.allow, *([_IDENTITY] if is_archive else [])}
        left = [finding for finding in self._findings(cassette, files) if not finding.is_allowed(allowed)]
        if left:
            raise SecretsFoundError(self._refusal(name, cassette, left))

    def _findings(self, cassette: Path, files: Iterable[Path]) -> tuple[LeftSecret, ...]:
        state = _state(cassette, files, self._user)
        key = _KEY + _digest([str(cassette).encode()])
        known_state, findings = self._found.get(key) or _read(self._kept, key, cassette)
        if known_state != state:
            damages: list[str] = []  # they are reported when the cassette is loaded
            findings = tuple(scan_paths([cassette], Scan(self._user), damages.append))
            if self._kept is not None:
                self._kept.set(key, {"state": state, "findings": [_relative(one, cassette) for one in findings]})
        self._found[key] = (state, findings)
        return findings

    def _refusal(self, name: str, cassette: Path, left: Sequence[LeftSecret]) -> str:
        where = self._shown(cassette)
        count = "a secret" if len(left) == 1 else f"{len(left)} secrets"
        lines = [f"{name}: not replayed, the scan finds {count} in it."]
        lines += [f"  {replace(finding, file=self._shown(Path(finding.file)))}" for finding in left[:_SHOWN]]
        lines += [f"  and {len(left) - _SHOWN} more: {command_text('scan', where)}"] if len(left) > _SHOWN else []
        first = f"{left[0].kind}:{left[0].number}"
        lines.append(f"  Remove it: {command_text('redact', where)} NEW, or record it anew. If it is real, revoke it.")
        lines.append(f"  If it is not a secret, allow it: @pytest.mark.codex_replay(…, allow=[{first!r}])")
        return "\n".join(lines)

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self._project) if path.is_relative_to(self._project) else path)


def _state(cassette: Path, files: Iterable[Path], user: UserRules) -> str:
    """Return a digest of all that the findings depend on."""
    parts = [f"{__version__} {RULESET}".encode()]
    parts += [f"{rule.kind} {rule.pattern.pattern}".encode() for rule in (*RULES, *user.rules)]
    parts += [key.encode() for key in sorted(user.keys)]
    for file in files:
        with file.open("rb") as content:
            digest = file_digest(content, blake2b).digest()
        parts += [str(file.relative_to(cassette)).encode(), digest]
    return _digest(parts)


def _digest(parts: Sequence[bytes]) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _read(kept: pytest.Cache | None, key: str, cassette: Path) -> tuple[str, tuple[LeftSecret, ...]]:
    """Return what an earlier run, or another worker, found; nothing if the file cannot be understood."""
    value: Any = kept.get(key, None) if kept is not None else None
    try:
        findings = [LeftSecret(**one | {"file": str(cassette / one["file"])}) for one in value["findings"]]
        return str(value["state"]), tuple(findings)
    except (TypeError, KeyError):
        return "", ()


def _relative(finding: LeftSecret, cassette: Path) -> dict[str, Any]:
    file = Path(finding.file)  # as it is shown, so not always below
    shown = file.relative_to(cassette) if file.is_relative_to(cassette) else file
    return asdict(finding) | {"file": shown.as_posix()}
