"""An agent of the OpenAI Agents SDK that has a shell."""

import subprocess
import sys

from agents import Agent, Runner, function_tool, set_tracing_disabled

set_tracing_disabled(True)  # else each run is reported to OpenAI


@function_tool
def shell(command: list[str]) -> str:
    """Run a command."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def work(prompt: str) -> str:
    """Return the last message of the agent."""
    agent = Agent(name="Worker", model="gpt-5.4", instructions="Do one step after the other.", tools=[shell])
    return Runner.run_sync(agent, prompt).final_output


if __name__ == "__main__":
    print(work(sys.argv[1]))
