"""What Codex keeps in its home (`CODEX_HOME`): which files and directories, and which of them name the home. No I/O.

Seen with Codex 0.145, 0.160 and 0.171; docs/pointing.md has the table.
"""

CONFIG = "config.toml"
PROFILE_SUFFIX = ".config.toml"
"""`codex --profile NAME` reads `NAME.config.toml` on top of `config.toml`."""
LOGIN = "auth.json"
SQLITE_HOME_VARIABLE = "CODEX_SQLITE_HOME"
"""Environment variable that names the directory of Codex's databases; without it they are in the home."""
DIRECTORIES = ("memories", "sessions", "skills", "thread-writer-locks")
"""Directories whose paths Codex tells the model or writes down, or in which it holds locks."""
FILES = (
    ".credentials.json",
    "auth.json",
    "auth.json.lock",
    "auth.lock",
    "history.jsonl",
    "installation_id",
    "models_cache.json",
    "session_index.jsonl",
    "version.json",
)
"""Files that Codex makes when it first needs them, and writes in place: also through a link."""
NOT_SHARED = ("app-server-control", "app-server-daemon")
"""Lead to an app-server that is running already, which has a configuration of its own."""
DATABASES = "state_*.sqlite"
"""Databases that name rollouts."""
ROLLOUT_PATH = "rollout_path"
"""Column of Codex's databases that has the path of a rollout, as Codex saw its home."""
SYSTEM_CONFIG = "/etc/codex/config.toml"
"""Is read before the user's own, which wins."""
MANAGED_CONFIG = "/etc/codex/managed_config.toml"
"""Is read after the user's own, and wins."""
