"""The hooks one by one: with mitmproxy's own test tools, hence by the pytest of mitmproxy's environment."""

import subprocess
from pathlib import Path

HOOKS = Path(__file__).parent / "hooks"


def test_the_hooks(mitmdump_program: str, clean_environment: dict[str, str], tmp_path: Path) -> None:
    """All of their tests pass there; none is left out."""
    python = Path(mitmdump_program).resolve().parent / "python"
    command = [str(python), "-m", "pytest", "-q", "-rs", str(HOOKS)]
    command += [f"--confcutdir={HOOKS}", "-p", "no:cacheprovider"]  # what is above needs the other environment
    command += [f"--basetemp={tmp_path / 'own'}"]  # else pytest removes what earlier runs left, however much that is
    command += ["-o", "faulthandler_timeout=60", "-o", "faulthandler_exit_on_timeout=true"]  # one that hangs says where

    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=Path(__file__).parents[2],
        env=clean_environment,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout
