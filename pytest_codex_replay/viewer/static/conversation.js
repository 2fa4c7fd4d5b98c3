// The conversation: turns, and in them what was said and done.

import { count, duration, el, fill } from "./dom.js";
import { isPatch, patch, plain, terminal } from "./text.js";
import { tree } from "./values.js";

const SHOWN_LINES = 14;
const AT_ONCE = 500;
const PART = 50;
const NAMES = { user: "user", assistant: "assistant", reasoning: "reasoning", tool_call: "tool", failure: "failed", miss: "not recorded", agent_message: "agent" };

/** The turns. In a long session, items are drawn when they come onto the screen. */
export class Conversation {
  /** @type {Map<Element, () => Element[]>} parts that are not drawn yet */
  #waiting = new Map();
  /** @type {Map<string, { text: string, node: Element }>} items by key: one that has not changed stays as it is, opened or not */
  #drawn = new Map();
  #hit = "";
  #awaited = "";

  /** @param {HTMLElement} place @param {(key: string) => void} select */
  constructor(place, select) {
    this.place = place;
    this.select = select;
    this.seen = new IntersectionObserver((entries) => {
      for (const one of entries) if (one.isIntersecting) this.#fill(one.target);
    });
  }

  /** @param {any} summary @param {string} hit */
  show(summary, hit) {
    const seen = hit === this.#hit ? [...this.place.querySelectorAll(".part:not(:empty)")].map((part) => part.id) : [];
    if (hit !== this.#hit) this.#drawn.clear();
    this.#hit = hit;
    this.#awaited = summary.is_partial ? "(not read yet)" : "(still running: no output yet)";
    this.#waiting.clear();
    this.seen.disconnect();
    const isGrowing = summary.is_partial || summary.state === "being recorded";
    const isLong = summary.turns.reduce((/** @type {number} */ sum, /** @type {any} */ turn) => sum + turn.items.length, 0) > AT_ONCE;
    const sections = summary.turns.map((/** @type {any} */ turn) => this.#section(turn, summary, isLong));
    fill(this.place, ...(sections.length ? sections : [el("p", { class: "notice" }, isGrowing ? "No turn has begun yet." : "No turn is recorded here.")]));
    for (const part of [...this.#waiting.keys()]) seen.includes(part.id) ? this.#fill(part) : this.seen.observe(part);
  }

  /** The element of an item, drawn now if it was not. @param {string} key */
  item(key) {
    const [turn, at] = key.split(".").map(Number);
    const part = document.getElementById(`part-${turn}.${Math.floor(((at ?? 1) - 1) / PART)}`);
    if (part !== null) this.#fill(part);
    return document.getElementById(`item-${key}`);
  }

  /** @param {any} turn @param {any} summary @param {boolean} isLong */
  #section(turn, summary, isLong) {
    const facts = [duration(turn.duration_ms), turn.tokens.total ? count(turn.tokens.total, "token") : "", turn.agent_path ?? ""].filter(Boolean);
    const heading = el("h2", {}, `Turn ${turn.index} `, el("span", { class: look(turn.outcome) }, turn.outcome), el("span", { class: "dim" }, ...plain(facts.map((one) => ` · ${one}`).join(""))));
    const articles = (/** @type {number} */ from, /** @type {number} */ to) =>
      turn.items.slice(from, to).map((/** @type {any} */ item, /** @type {number} */ at) => this.#article(item, `${turn.index}.${from + at + 1}`));
    const section = el("section", { class: "turn", id: `turn-${turn.index}`, "aria-label": `Turn ${turn.index}` }, heading);
    if (!isLong) section.append(...articles(0, turn.items.length));
    else for (let from = 0; from < turn.items.length; from += PART) section.append(this.#part(`part-${turn.index}.${from / PART}`, () => articles(from, from + PART)));
    const isAwaited = turn.items.some((/** @type {any} */ item) => item.is_awaited);
    if (turn.outcome === "running" && !isAwaited && !summary.is_partial) section.append(el("p", { class: "dim" }, underWay(summary, turn)));
    return section;
  }

  /** @param {any} item @param {string} key */
  #article(item, key) {
    const text = JSON.stringify(item) + (item.is_awaited ? this.#awaited : "");
    const known = this.#drawn.get(key);
    if (known?.text === text) return known.node;
    const node = article(item, key, this.#hit, this.select, this.#awaited);
    this.#drawn.set(key, { text, node });
    return node;
  }

  /** @param {string} id @param {() => Element[]} draw */
  #part(id, draw) {
    const part = el("div", { class: "part", id });
    this.#waiting.set(part, draw);
    return part;
  }

  /** @param {Element} part */
  #fill(part) {
    const draw = this.#waiting.get(part);
    if (draw === undefined) return;
    this.#waiting.delete(part);
    this.seen.unobserve(part);
    fill(part, ...draw());
  }
}

/** @param {string} outcome */
export function look(outcome) {
  return /** @type {Record<string, string>} */ ({ completed: "good", interrupted: "warn", running: "dim" })[outcome] ?? "bad";
}

/** What is waited for in a turn that runs. @param {any} summary @param {any} turn */
function underWay(summary, turn) {
  return summary.interactions[turn.interactions.at(-1) - 1]?.first_ms === null ? "Waiting for the answer …" : "The answer is coming …";
}

/** @param {any} item @param {string} key @param {string} hit @param {(key: string) => void} select @param {string} awaited what is told of an output that is to come */
function article(item, key, hit, select, awaited) {
  const name = /** @type {Record<string, string>} */ (NAMES)[item.kind] ?? item.kind.replaceAll("_", " ");
  return el(
    "article",
    { class: item.kind, id: `item-${key}`, tabindex: 0, "data-key": key, "aria-label": name, onclick: () => select(key), onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && select(key) },
    el("div", { class: "label" }, name),
    el("div", { class: "body" }, ...body(item, hit, awaited)),
  );
}

/** @param {any} item @param {string} hit @param {string} awaited */
function body(item, hit, awaited) {
  switch (item.kind) {
    case "tool_call":
      return call(item, hit, item.is_awaited ? awaited : "(output not recorded)");
    case "reasoning":
      return plain(item.text || "(encrypted)", hit);
    case "compaction":
      return plain(item.text || "(the conversation goes on from a summary, which is encrypted)", hit);
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

/** @param {any} item @param {string} hit @param {string} lacking what is told where the output should be */
function call(item, hit, lacking) {
  const name = item.namespace ? `${item.namespace}.${item.name}` : item.name;
  const told = item.command ?? item.arguments;
  const nodes = [el("div", { class: "mono" }, el("strong", {}, ...plain(name)), " ")];
  nodes.push(el("pre", {}, ...(isPatch(told) ? patch(told, hit) : json(told) ?? plain(told, hit))));
  if (item.approvals?.length) nodes.push(el("div", { class: "warn" }, `approval: ${item.approvals.join(", ")}`));
  const nothing = item.is_hosted ? `(the upstream tells no more than that it ran it${item.status ? `: ${item.status}` : ""})` : lacking;
  nodes.push(el("div", { class: "output" }, ...(item.output === null ? plain(nothing) : [folded(item.output, hit)])));
  if (item.error) nodes.push(el("div", { class: "bad" }, ...plain(item.error, hit)));
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
