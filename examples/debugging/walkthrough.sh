#!/bin/sh
# Record one `codex exec` against a scripted upstream, and look at what went over the wire.
# CODEX and MITMDUMP may name the programs; what is recorded is kept in ./sessions.
set -eu
CODEX=${CODEX:-codex}
MITMDUMP=${MITMDUMP:-mitmdump}
PYTHON=${PYTHON:-python3}
work=$(mktemp -d)
trap 'kill $upstream $recorder 2>/dev/null || true; rm -rf "$work"' EXIT

# Print what the pattern's group matches in a log, once a line with it is there.
await() {
    until grep -q "$2" "$1"; do sleep 0.1; done
    sed -n "s,.*$2.*,\1,p" "$1" | head -n 1
}

echo "1. A scripted upstream"
: >"$work/upstream.log"
$PYTHON -m pytest_codex_replay.upstream tool-loop >"$work/upstream.log" & upstream=$!
origin=$(await "$work/upstream.log" '"\(http://[0-9.:]*\)/v1"')

echo "2. mitmdump with the recorder, in front of $origin"
: >"$work/recorder.log"
PYTHONUNBUFFERED=1 $MITMDUMP -s "$($PYTHON -m pytest_codex_replay.cli addon-path)" --mode "reverse:$origin" --listen-host 127.0.0.1 \
    --listen-port 0 --set connection_strategy=lazy --set codex_sessions=./sessions >"$work/recorder.log" & recorder=$!
port=$(await "$work/recorder.log" 'listening at [^ ]*:\([0-9]*\)')

echo "3. Codex, pointed at port $port"
mkdir "$work/home" "$work/workspace"
(cd "$work/workspace" && CODEX_HOME="$work/home" CODEX_API_KEY=none $CODEX exec --skip-git-repo-check \
    -s danger-full-access -c "openai_base_url=\"http://127.0.0.1:$port/v1\"" -c features.plugins=false -c analytics.enabled=false \
    "Do the three steps." </dev/null >/dev/null 2>&1)
kill -INT $recorder && wait $recorder

echo "4. The session"
$PYTHON -m pytest_codex_replay.cli show ./sessions

echo "5. The tool calls, for a program"
$PYTHON -m pytest_codex_replay.cli show ./sessions --json | $PYTHON -c '
import json, sys
for turn in json.load(sys.stdin)["turns"]:
    for item in turn["items"]:
        if item["kind"] == "tool_call":
            print(item["name"], item["arguments"])'
