"""What an editor does: it starts `codex app-server`, and talks to it in JSON lines."""

import json
import subprocess
import sys


def ask(program, prompt):
    """Hold one turn of a conversation; return the messages of Codex."""
    with subprocess.Popen([program, "app-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:

        def send(method, params, **more):
            print(json.dumps({"method": method, "params": params, **more}), file=server.stdin, flush=True)

        send("initialize", {"clientInfo": {"name": "editor", "version": "1"}}, id=0)
        send("initialized", {})
        send("thread/start", {"model": "gpt-5.5", "approvalPolicy": "never", "sandbox": "danger-full-access"}, id=1)
        said = []
        for line in server.stdout:
            message = json.loads(line)
            if message.get("id") == 1:
                thread = message["result"]["thread"]["id"]
                send("turn/start", {"threadId": thread, "input": [{"type": "text", "text": prompt}]}, id=2)
            elif message.get("method") == "item/completed" and message["params"]["item"]["type"] == "agentMessage":
                said.append(message["params"]["item"]["text"])
            elif message.get("method") == "turn/completed":
                server.stdin.close()
        return said


if __name__ == "__main__":
    print("\n".join(ask(*sys.argv[1:])))
