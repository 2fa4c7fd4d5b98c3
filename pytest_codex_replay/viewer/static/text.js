// Recorded text as nodes: hidden characters made visible, terminal colours drawn, changes of patches marked.

import { el } from "./dom.js";

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const SGR = /\u001b\[([0-9;]*)m/g;
const ESCAPE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** A text with its hidden characters as visible names. @param {string} text @param {string} [hit] */
export function plain(text, hit = "") {
  const nodes = [];
  let place = 0;
  for (const found of text.matchAll(HIDDEN)) {
    nodes.push(...marked(text.slice(place, found.index), hit));
    const code = found[0].codePointAt(0)?.toString(16).padStart(4, "0");
    nodes.push(el("span", { class: "hidden-char", title: "a character that is not seen" }, `[U+${code}]`));
    place = found.index + found[0].length;
  }
  nodes.push(...marked(text.slice(place), hit));
  return nodes;
}

/** @param {string} text @param {string} hit */
function marked(text, hit) {
  if (!hit) return [text];
  const nodes = [];
  const [lower, wanted] = [text.toLowerCase(), hit.toLowerCase()];
  let place = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, place)) {
    nodes.push(text.slice(place, at), el("mark", {}, text.slice(at, at + hit.length)));
    place = at + hit.length;
  }
  return [...nodes, text.slice(place)];
}

/** What a terminal would show: colours and styles; other escapes are left out. @param {string} text @param {string} [hit] */
export function terminal(text, hit = "") {
  /** @type {Node[]} */
  const nodes = [];
  let classes = new Set();
  let place = 0;
  const add = (/** @type {string} */ piece) => {
    if (piece) nodes.push(el("span", { class: [...classes].join(" ") }, ...plain(piece.replace(ESCAPE, ""), hit)));
  };
  for (const found of text.matchAll(SGR)) {
    add(text.slice(place, found.index));
    classes = styled(classes, found[1] ?? "");
    place = found.index + found[0].length;
  }
  add(text.slice(place));
  return nodes;
}

/** ECMA-48 §8.3.117: SGR. @param {Set<string>} classes @param {string} codes */
function styled(classes, codes) {
  const now = new Set(classes);
  for (const code of (codes || "0").split(";").map(Number)) {
    if (code === 0) now.clear();
    else if (code <= 4) now.add(`a${code}`);
    else if (code === 22 || code === 23 || code === 24) for (const one of ["a1", "a2", "a3", "a4"]) now.delete(one);
    else if ((code >= 30 && code <= 39) || (code >= 90 && code <= 97)) {
      for (const one of now) if (one.startsWith("f")) now.delete(one);
      if (code !== 39) now.add(`f${code % 10}`);
    }
  }
  return now;
}

/** The lines of a patch, with what comes and goes marked. @param {string} text @param {string} [hit] */
export function patch(text, hit = "") {
  return text.split("\n").map((line) => {
    const kind = /^\+(?!\+\+ )/.test(line) ? "add" : /^-(?!-- )/.test(line) ? "del" : "";
    return el("div", { class: kind }, ...plain(line || " ", hit));
  });
}

/** Whether a text is a patch that a tool applies, or the output of diff. @param {string} text */
export function isPatch(text) {
  return /^\*\*\* Begin Patch/m.test(text) || /^(diff --git |@@ .* @@)/m.test(text);
}
