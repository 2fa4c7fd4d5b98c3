"""Counters of a recorder run."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Status:
    """What a recorder run has done so far; written into the manifests of its sessions."""

    recorded: int = 0
    """Records that reached a file; those of a run are counted one by one."""
    dropped: int = 0
    """Signals and records that were lost."""
    gaps: int = 0
    """Gap records that report it."""
    bytes_seen: int = 0
    queue_high_water_bytes: int = 0
    sessions: int = 0
    errors: int = 0
    """Failures that were caught."""

    def __str__(self) -> str:
        """Return all counters as one line."""
        return ", ".join(f"{name} {value}" for name, value in asdict(self).items())
