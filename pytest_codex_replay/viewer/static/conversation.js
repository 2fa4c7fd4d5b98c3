// The conversation: turns, and in them what was said and done.

import { count, duration, el } from "./dom.js";
import { isPatch, patch, plain, terminal } from "./text.js";
import { tree } from "./values.js";

const SHOWN_LINES = 14;
const NAMES = { user: "user", assistant: "assistant", reasoning: "reasoning", tool_call: "tool", failure: "failed", miss: "not recorded", agent_message: "agent" };

/** @param {any} turn @param {string} hit @param {(key: string) => void} select */
export function turnSection(turn, hit, select) {
  const facts = [duration(turn.duration_ms), turn.tokens.total ? count(turn.tokens.total, "token") : "", turn.agent_path ?? ""].filter(Boolean);
  const heading = el("h2", {}, `Turn ${turn.index} `, el("span", { class: look(turn.outcome) }, turn.outcome), el("span", { class: "dim" }, ...plain(facts.map((one) => ` · ${one}`).join(""))));
  const items = turn.items.map((/** @type {any} */ item, /** @type {number} */ at) => article(item, `${turn.index}.${at + 1}`, hit, select));
  return el("section", { class: "turn", id: `turn-${turn.index}`, "aria-label": `Turn ${turn.index}` }, heading, ...items);
}

/** @param {string} outcome */
export function look(outcome) {
  return outcome === "completed" ? "good" : outcome === "interrupted" ? "warn" : "bad";
}

/** @param {any} item @param {string} key @param {string} hit @param {(key: string) => void} select */
function article(item, key, hit, select) {
  const name = /** @type {Record<string, string>} */ (NAMES)[item.kind] ?? item.kind.replaceAll("_", " ");
  return el(
    "article",
    { class: item.kind, id: `item-${key}`, tabindex: 0, "data-key": key, "aria-label": name, onclick: () => select(key), onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && select(key) },
    el("div", { class: "label" }, name),
    el("div", { class: "body" }, ...body(item, hit)),
  );
}

/** @param {any} item @param {string} hit */
function body(item, hit) {
  switch (item.kind) {
    case "tool_call":
      return call(item, hit);
    case "reasoning":
      return plain(item.text || "(encrypted)", hit);
    case "agent_message":
      return plain(`${item.author} to ${item.recipient}: ${item.text}`, hit);
    case "interruption":
      return [`${item.how} by the user`];
    case "failure":
      return plain(`${item.outcome}: ${item.message}`, hit);
    default:
      return typeof item.text === "string" ? plain(item.text, hit) : [tree(without(item), 1)];
  }
}

/** @param {any} item */
function without(item) {
  const { kind: _kind, interaction: _interaction, ...rest } = item;
  return rest;
}

/** @param {any} item @param {string} hit */
function call(item, hit) {
  const name = item.namespace ? `${item.namespace}.${item.name}` : item.name;
  const told = item.command ?? item.arguments;
  const nodes = [el("div", { class: "mono" }, el("strong", {}, ...plain(name)), " ")];
  nodes.push(el("pre", {}, ...(isPatch(told) ? patch(told, hit) : json(told) ?? plain(told, hit))));
  if (item.approvals?.length) nodes.push(el("div", { class: "warn" }, `approval: ${item.approvals.join(", ")}`));
  nodes.push(el("div", { class: "output" }, item.output === null ? "(output not recorded)" : folded(item.output, hit)));
  return nodes;
}

/** @param {string} text */
function json(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? [tree(value, 1)] : null;
  } catch {
    return null;
  }
}

/** The output of a program; a long one opens. @param {string} text @param {string} hit */
function folded(text, hit) {
  const lines = text.split("\n");
  const drawn = (/** @type {string} */ piece) => el("pre", {}, ...(isPatch(piece) ? patch(piece, hit) : terminal(piece, hit)));
  if (lines.length <= SHOWN_LINES || hit) return drawn(text);
  const first = lines.slice(0, SHOWN_LINES).join("\n");
  return el("details", {}, el("summary", {}, drawn(first), el("span", { class: "dim" }, `… ${count(lines.length - SHOWN_LINES, "more line")}`)), drawn(lines.slice(SHOWN_LINES).join("\n")));
}
