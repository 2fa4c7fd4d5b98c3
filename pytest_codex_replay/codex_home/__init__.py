"""What Codex keeps on disk beside its configuration, found and read: its rollouts and its logs. Changes nothing."""
