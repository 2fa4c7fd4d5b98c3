// The strip of time: a row for each thread; asking, streaming and tools are told apart.

import { duration, el } from "./dom.js";

/** @type {Record<string, string>} */
const COLOURS = { completed: "accent", interrupted: "warn", running: "dim" };
const LEAST = 2;
const ROW = 16;
const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 1000;

/** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [title] */
function shape(tag, attributes, title = "") {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  if (title) {
    const label = document.createElementNS(SPACE, "title");
    label.textContent = title;
    node.append(label);
  }
  return node;
}

/**
 * @param {any} summary
 * @param {number} zoom
 * @param {(index: number) => void} select is given the number of an interaction
 */
export function timeline(summary, zoom, select) {
  const all = placed(summary);
  const threads = [...new Set(all.map((call) => call.thread_id))];
  const end = all.reduce((last, call) => Math.max(last, call.end), 1);
  const calls = merged(all, (end / WIDTH / zoom) * LEAST);
  const height = threads.length * ROW + 6;
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: "none", height, role: "group" });
  svg.setAttribute("aria-label", `Requests over time, ${summary.has_times ? duration(end) : "in order"}`);
  svg.style.width = `${zoom * 100}%`;
  const x = (/** @type {number} */ ms) => (ms / end) * (WIDTH - 4) + 2;
  /** @type {Map<any, any>} */
  const nexts = new Map();
  for (const call of [...calls].reverse()) {
    nexts.set(call, nexts.get(call.thread_id));
    nexts.set(call.thread_id, call);
  }
  for (const call of calls) {
    const y = threads.indexOf(call.thread_id) * ROW + 3;
    const bar = (/** @type {number} */ from, /** @type {number} */ to, /** @type {Record<string, string | number>} */ look) =>
      shape("rect", { x: x(from), y, width: Math.max(1.5, x(to) - x(from)), height: ROW - 4, ...look });
    const group = shape("g", { tabindex: 0, role: "button", cursor: "pointer" }, told(call));
    group.setAttribute("aria-label", told(call));
    const colour = `var(--${COLOURS[call.outcome] ?? "bad"})`;
    group.append(bar(call.begin, call.first, { fill: "none", stroke: colour }), bar(call.first, call.end, { fill: colour }));
    group.addEventListener("click", () => select(call.index));
    group.addEventListener("keydown", (event) => /** @type {KeyboardEvent} */ (event).key === "Enter" && select(call.index));
    const next = nexts.get(call);
    if (next !== undefined && next.turn === call.turn && next.begin > call.end) {
      svg.append(shape("rect", { x: x(call.end), y: y + ROW / 2 - 3, width: x(next.begin) - x(call.end), height: 2, fill: "var(--dim)" }, `tools, ${duration(next.begin - call.end)}`));
    }
    svg.append(group);
  }
  return el("div", {}, svg);
}

/** The interactions with where they begin, where the answer begins, and where it ends. @param {any} summary @returns {any[]} */
function placed(summary) {
  const calls = summary.interactions.filter((/** @type {any} */ call) => call.turn !== null || call.outcome !== "completed");
  if (!summary.has_times) return calls.map((/** @type {any} */ call, /** @type {number} */ at) => ({ ...call, begin: at, first: at + 0.1, end: at + 0.9 }));
  return calls.map((/** @type {any} */ call) => {
    const end = call.end_ms ?? call.at_ms;
    return { ...call, begin: call.at_ms, first: call.first_ms ?? end, end };
  });
}

/** The calls, where those too short to be seen apart are one: in a long session there are tens of thousands. @param {any[]} calls @param {number} least_ms @returns {any[]} */
export function merged(calls, least_ms) {
  /** @type {any[]} */
  const found = [];
  /** @type {Map<string, any>} */
  const last = new Map();
  for (const call of calls) {
    const one = last.get(call.thread_id);
    if (one !== undefined && one.outcome === call.outcome && call.end - one.begin < least_ms) Object.assign(one, { end: call.end, last: call.index });
    else {
      const own = { ...call };
      last.set(call.thread_id, own);
      found.push(own);
    }
  }
  return found;
}

/** @param {any} call */
function told(call) {
  if (call.last) return `interactions ${call.index} to ${call.last}: ${call.outcome}, ${duration(call.end - call.begin)} in all`;
  const times = call.at_ms === null ? "" : `, first event after ${duration(call.first - call.begin)}, ${duration(call.end - call.begin)} in all`;
  return `interaction ${call.index}: ${call.role} over ${call.transport}, ${call.outcome}${times}`;
}
