// Let Codex work on a task by the TypeScript SDK, and print the commands that it ran and its last message.
import { Codex } from "@openai/codex-sdk";

const thread = new Codex().startThread({ model: "gpt-5.5", skipGitRepoCheck: true, sandboxMode: "danger-full-access" });
const { events } = await thread.runStreamed(process.argv[2]);
for await (const event of events) {
  if (event.type === "item.completed" && event.item.type === "command_execution") console.log(`- ran ${event.item.command}`);
  if (event.type === "item.completed" && event.item.type === "agent_message") console.log(event.item.text);
  if (event.type === "turn.failed") throw new Error(event.error.message);
}
