// Search over all of a session: what was said and done, requests, answers; hits by turn, in order.

import { count, el, fill } from "./dom.js";
import { plain } from "./text.js";
import { itemText, pretty } from "./values.js";

/** @typedef {{ key: string, turn: number | null, interaction: number | null, place: string, text: string }} Hit */

const AROUND = 60;
const MOST_HITS = 300;
const PAUSE_MS = 200;
const OWN = new Set(["kind", "interaction", "cut_chars", "call_id", "command", "sent"]);

/** Events that say again what an item says, or a part of it. */
const REPEATING = /\.(?:delta|added|done|created|in_progress)$/;
const SHARED = new Set(["output", "instructions", "tools"]);

/** @type {WeakMap<Record<string, any>, { text: string, lower: string }[]>} */
const itemTexts = new WeakMap();

/** The texts of an item, in lower case, too: made once. @param {any} item */
function texts(item) {
  const known = itemTexts.get(item);
  if (known !== undefined) return known;
  const said = [item.text, item.command, item.arguments, item.output, item.message, item.name, item.kind === "tool_call" && item.error, ...(item.citations ?? []), ...spelled(item.arguments)].filter((one) => typeof one === "string");
  if (!said.length) said.push(JSON.stringify(Object.fromEntries(Object.entries(item).filter(([name]) => !OWN.has(name)))));
  const made = said.map((text) => ({ text, lower: text.toLowerCase() }));
  itemTexts.set(item, made);
  return made;
}

/** The texts in arguments that JSON spells otherwise: with quotes, say. @param {any} given @returns {string[]} */
function spelled(given) {
  if (typeof given !== "string" || !given.includes("\\")) return [];
  const found = /** @type {string[]} */ ([]);
  try {
    JSON.parse(given, (_, one) => (typeof one === "string" && !given.includes(one) && found.push(one), one));
  } catch {
    return []; // a script, say
  }
  return found;
}

/** Hits in what was said and done, one for each item. @param {any} summary @param {string} wanted @returns {Hit[]} */
export function hitsIn(summary, wanted) {
  const lower = wanted.toLowerCase();
  const hits = [];
  for (const turn of summary.turns) {
    for (const [at, item] of turn.items.entries()) {
      const found = texts(item).find((one) => one.lower.includes(lower));
      if (found !== undefined) hits.push({ key: `item=${turn.index}.${at + 1}`, turn: turn.index, interaction: item.interaction, place: item.kind.replaceAll("_", " "), text: excerpt(found.text, found.lower.indexOf(lower), lower.length) });
    }
  }
  return hits;
}

/** @param {string} text @param {number} at @param {number} length */
function excerpt(text, at, length) {
  const from = Math.max(0, at - AROUND);
  return `${from ? "…" : ""}${text.slice(from, at + length + AROUND).replaceAll(/\s+/g, " ")}`;
}

/** @type {WeakMap<Record<string, any>, Promise<any[]>>} */
const otherTexts = new WeakMap();

/** Hits in requests and answers of a page in one file. @param {any} source @param {any} summary @param {string} wanted */
export async function hitsInExchanges(source, summary, wanted) {
  const known = otherTexts.get(summary) ?? readTexts(source, summary);
  otherTexts.set(summary, known);
  const lower = wanted.toLowerCase();
  const hits = (await known).filter((one) => one.lower.includes(lower)).map(({ lower: text, ...one }) => ({ ...one, text: excerpt(one.text, text.indexOf(lower), lower.length) }));
  return { count: hits.length, hits };
}

/** The texts that stand in no item, each once. @param {any} source @param {any} summary */
async function readTexts(source, summary) {
  const known = new Set(summary.turns.flatMap((/** @type {any} */ turn) => turn.items.flatMap(texts).map((/** @type {any} */ one) => one.text)));
  const seen = new Set();
  const found = [];
  for (const call of summary.interactions) {
    for (const [place, text] of exchangeTexts(await source.exchange(call.index), seen)) {
      if (!text || known.has(text)) continue;
      known.add(text);
      found.push({ interaction: call.index, turn: call.turn, place, text, lower: text.toLowerCase() });
    }
  }
  return found;
}

/** @param {any} exchange @param {Set<any>} seen values that were looked at @returns {Generator<[string, string]>} */
function* exchangeTexts(exchange, seen) {
  const fresh = (/** @type {any} */ value) => !seen.has(value) && seen.add(value);
  const { input: _input, instructions, tools, ...settings } = exchange.request ?? {};
  yield ["url", exchange.url];
  yield ["settings", JSON.stringify(settings)];
  for (const [side, pairs] of [["request", exchange.request_headers], ["answer", exchange.response_headers]]) for (const [name, value] of pairs) yield [`${side} header ${name}`, `${name}: ${value}`];
  if (typeof instructions === "string") yield ["instructions", instructions];
  for (const tool of Array.isArray(tools) ? tools.filter(fresh) : []) yield ["tools", JSON.stringify(tool)];
  for (const item of Array.isArray(exchange.context) ? exchange.context.filter(fresh) : [exchange.context]) yield ["context", itemText(item) || pretty(item)];
  for (const { value } of [...exchange.answer, ...exchange.client_messages]) {
    if (typeof value !== "object" || value === null) yield ["answer", String(value)];
    else if (value.item) yield ["answer", itemText(value.item) || pretty(value.item)];
    else if (!REPEATING.test(value.type)) yield ["answer", JSON.stringify(value, (name, one) => (SHARED.has(name) ? undefined : one))];
  }
}

/**
 * The list of hits: at once those that the page has, then all.
 * @param {any} source @param {any} summary @param {string} wanted @param {(hit: Hit) => void} open
 */
export function hitList(source, summary, wanted, open) {
  const hits = hitsIn(summary, wanted);
  const told = el("div", { class: "dim", role: "status" });
  const list = el("div", {});
  const node = el("div", { class: "hits", role: "region", "aria-label": "Hits" }, told, list);
  const show = (/** @type {Hit[]} */ all, /** @type {number} */ total, /** @type {string} */ more) => {
    const turns = new Set(all.map((hit) => hit.turn).filter((turn) => turn !== null)).size;
    told.textContent = `${total ? `${count(total, "hit")} in ${count(turns, "turn")}` : more ? "Not found in what was said and done" : "Not found"}${more}.`;
    const chosen = list.contains(document.activeElement) ? document.activeElement?.textContent : null;
    fill(list, ...byTurn(all, wanted, open));
    [...list.querySelectorAll("button")].find((one) => one.textContent === chosen)?.focus(); // the keyboard goes on from there
  };
  show(hits, hits.length, "; requests and answers are being searched …");
  setTimeout(async () => {
    if (!node.isConnected) return; // another character was typed
    try {
      const others = await source.search(wanted);
      const all = [...hits, ...others.hits.map((/** @type {any} */ one) => ({ key: one.interaction === null ? "" : `request=${one.interaction}`, ...one }))];
      show(all, hits.length + others.count, "");
    } catch (error) {
      show(hits, hits.length, `; requests and answers cannot be searched: ${error instanceof Error ? error.message : error}`);
    }
  }, PAUSE_MS);
  return node;
}

/** @param {Hit[]} hits @param {string} wanted @param {(hit: Hit) => void} open */
function byTurn(hits, wanted, open) {
  /** @type {Map<number | null, Hit[]>} */
  const groups = new Map();
  for (const hit of hits) groups.get(hit.turn)?.push(hit) ?? groups.set(hit.turn, [hit]);
  const order = [...groups.keys()].sort((one, other) => (one ?? Infinity) - (other ?? Infinity));
  const nodes = [];
  let left = MOST_HITS;
  for (const turn of order) {
    const own = (groups.get(turn) ?? []).sort((one, other) => (one.interaction ?? 0) - (other.interaction ?? 0));
    nodes.push(el("h2", {}, `${turn === null ? "Beside the turns" : `Turn ${turn}`} · ${count(own.length, "hit")}`));
    nodes.push(...own.slice(0, Math.max(0, left)).map((hit) => el("button", { type: "button", disabled: hit.key === "", onclick: () => open(hit) }, el("span", { class: "dim" }, ...plain(`${hit.place}: `)), ...plain(hit.text, wanted))));
    left -= own.length;
  }
  return left < 0 ? [...nodes, el("p", { class: "dim" }, `The first ${MOST_HITS} are listed; a longer text finds fewer.`)] : nodes;
}
