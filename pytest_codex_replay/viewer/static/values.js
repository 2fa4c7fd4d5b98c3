// JSON values as trees that open, and the lines in which two texts differ.

import { el } from "./dom.js";
import { plain } from "./text.js";

const LONG_CHARS = 600;
const IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/;

/** @param {any} value @param {number} [open] how many levels are open at first @param {string} [name] */
export function tree(value, open = 2, name = "") {
  const label = name === "" ? [] : [el("span", { class: "key" }, ...plain(name)), ": "];
  if (value === null || typeof value !== "object") return el("div", {}, ...label, ...scalar(value));
  const members = Array.isArray(value) ? value.map((one, at) => [String(at), one]) : Object.entries(value);
  const brackets = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  const hint = glance(value);
  const node = el("details", { class: "json" }, el("summary", {}, ...label, el("span", { class: "dim" }, `${brackets} `, ...plain(hint))));
  const show = () => {
    if (node.childElementCount === 1) node.append(...members.map(([key, one]) => tree(one, open - 1, key)));
  };
  node.addEventListener("toggle", show);
  if (open > 0) {
    show();
    node.setAttribute("open", "");
  }
  return node;
}

/** What an object is, in a word. @param {any} value */
function glance(value) {
  const said = value.type ?? value.name ?? value.role ?? "";
  return typeof said === "string" ? said : "";
}

/** @param {any} value */
function scalar(value) {
  if (typeof value !== "string") return [el("span", { class: "mono" }, String(value))];
  if (IMAGE.test(value)) return [el("img", { class: "recorded", src: value, alt: "image of the recording" })];
  if (value.length <= LONG_CHARS) return [el("span", { class: "str mono" }, ...plain(value))];
  const short = el("summary", {}, el("span", { class: "str mono" }, ...plain(value.slice(0, LONG_CHARS)), `… (${value.length.toLocaleString("en")} characters)`));
  return [el("details", {}, short, el("pre", {}, ...plain(value)))];
}

/**
 * The lines of two texts, each as "same", "add" or "del" (Myers would be shorter; this is a longest common subsequence).
 * @param {string[]} old @param {string[]} now
 * @returns {[string, string][]}
 */
export function lineDiff(old, now) {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const [left, right] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  const same = (/** @type {string[]} */ lines) => lines.map((line) => /** @type {[string, string]} */ (["same", line]));
  return [...same(old.slice(0, head)), ...middle(left, right), ...same(old.slice(old.length - tail))];
}

const MOST_CELLS = 4_000_000;

/** @param {string[]} old @param {string[]} now @returns {[string, string][]} */
function middle(old, now) {
  /** @type {[string, string][]} */
  const lines = [];
  if (old.length * now.length > MOST_CELLS) {
    return [...old.map((line) => /** @type {[string, string]} */ (["del", line])), ...now.map((line) => /** @type {[string, string]} */ (["add", line]))];
  }
  const width = now.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      lengths[i * width + j] = old[i] === now[j]
        ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
        : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(["same", old[i] ?? ""]);
      i++;
      j++;
    } else if (j >= now.length || (i < old.length && (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))) {
      lines.push(["del", old[i++] ?? ""]);
    } else {
      lines.push(["add", now[j++] ?? ""]);
    }
  }
  return lines;
}

/** @param {any} value */
export function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** @param {any} tools @returns {string} */
function toolNames(tools) {
  return Array.isArray(tools) ? tools.map((tool) => toolNames(tool?.tools) || (tool?.name ?? tool?.type ?? "")).join(", ") : "";
}

/** What an item of an input or an output says. @param {any} item */
export function itemText(item) {
  if (typeof item === "string") return item;
  const said = item?.content ?? item?.arguments ?? item?.input ?? item?.output ?? item?.summary ?? toolNames(item?.tools);
  if (!Array.isArray(said)) return pretty(said);
  return said.map((piece) => (typeof piece?.text === "string" ? piece.text : `[${piece?.type ?? "part"}]`)).join("\n");
}
