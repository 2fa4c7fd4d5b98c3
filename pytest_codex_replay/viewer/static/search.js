// Search over what was said and done, and over requests and answers.

import { count, el, fill } from "./dom.js";
import { plain } from "./text.js";

const AROUND = 60;
const MOST_HITS = 200;

/** @param {any} item */
function texts(item) {
  return [item.text, item.command, item.arguments, item.output, item.message, item.name].filter((one) => typeof one === "string");
}

/** @param {any} summary @param {string} wanted */
export function hitsIn(summary, wanted) {
  const lower = wanted.toLowerCase();
  const hits = [];
  for (const turn of summary.turns) {
    for (const [at, item] of turn.items.entries()) {
      const text = texts(item).find((one) => one.toLowerCase().includes(lower));
      if (text !== undefined) hits.push({ key: `item=${turn.index}.${at + 1}`, turn: turn.index, where: `turn ${turn.index}, ${item.kind.replaceAll("_", " ")}`, text: excerpt(text, lower) });
    }
  }
  return hits;
}

/** @param {string} text @param {string} lower */
function excerpt(text, lower) {
  const at = text.toLowerCase().indexOf(lower);
  const from = Math.max(0, at - AROUND);
  return `${from ? "…" : ""}${text.slice(from, at + lower.length + AROUND).replaceAll(/\s+/g, " ")}`;
}

/** Yield hits in requests and answers, one for each. @param {any} source @param {any} summary @param {string} wanted */
async function* deepHits(source, summary, wanted) {
  const lower = wanted.toLowerCase();
  for (const call of summary.interactions) {
    const text = JSON.stringify(await source.exchange(call.index));
    if (text.toLowerCase().includes(lower)) yield { key: `request=${call.index}`, turn: call.turn, where: `interaction ${call.index}`, text: excerpt(text, lower) };
  }
}

/**
 * The list of hits, in order; requests are searched when that is asked for.
 * @param {any} source @param {any} summary @param {string} wanted @param {(key: string) => void} open
 */
export function hitList(source, summary, wanted, open) {
  const hits = hitsIn(summary, wanted);
  const turns = new Set(hits.map((hit) => hit.turn)).size;
  const list = el("div", {});
  const button = (/** @type {any} */ hit) => el("button", { type: "button", onclick: () => open(hit.key) }, el("span", { class: "dim" }, `${hit.where}: `), ...plain(hit.text, wanted));
  fill(list, ...hits.slice(0, MOST_HITS).map(button));
  const more = el("button", { type: "button", class: "deep", onclick: async () => {
    more.setAttribute("disabled", "");
    for await (const hit of deepHits(source, summary, wanted)) list.append(button(hit));
    more.textContent = "Requests and answers are searched.";
  } }, "Search requests and answers, too");
  const told = hits.length ? `${count(hits.length, "hit")} in ${count(turns, "turn")}` : "Not found in what was said and done.";
  return el("div", { class: "hits", role: "region", "aria-label": "Hits" }, el("div", { class: "dim", role: "status" }, told), list, more);
}
