"""Let Codex work on a task, and print the commands that it ran and its last message."""

import json
import subprocess
import sys


def main(task: str) -> int:
    command = ["codex", "exec", "--json", "--skip-git-repo-check", "-s", "danger-full-access", task]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for event in events:
        item = event.get("item", {}) if event["type"] == "item.completed" else {}
        if item.get("type") == "command_execution":
            print(f"- ran {item['command']}")
        elif item.get("type") == "agent_message":
            print(item["text"])
        elif event["type"] == "turn.failed":
            print(event["error"]["message"], file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
