// The page: what is selected, keys, links.

import { count, duration, el, fill } from "./dom.js";
import { Conversation, look } from "./conversation.js";
import { ExchangePane } from "./exchange.js";
import { SessionList } from "./list.js";
import { hitList } from "./search.js";
import { block, ENDED, FileSource, inlineData, ServerSource } from "./source.js";
import { plain } from "./text.js";
import { timeline } from "./timeline.js";

const KEYS = [["j, k", "next and previous item"], ["n", "next problem"], ["/", "search; Enter: the first hit, ↓ ↑: the others"], ["t", "light or dark"], ["?", "these keys"], ["Esc", "close; again: end the search"]];
const NAME_CHARS = 100;

class SessionView {
  selected = "";
  hit = "";
  zoom = 1;
  /** Whether a place was chosen: by the address, or by the user. */
  isChosen = false;
  /** Why nothing new comes. */
  lost = "";
  /** The place of a link that was not found: it may come yet. */
  missing = "";

  /** @param {HTMLElement} page @param {any} source @param {any} summary */
  constructor(page, source, summary) {
    this.page = page;
    this.source = source;
    this.summary = summary;
    this.shown = "";
    this.told = el("div", { id: "told", role: "status" });
    this.heading = el("h1", {});
    this.facts = el("span", { class: "facts" });
    this.strip = el("div", { class: "strip" });
    this.time = el("div", { id: "time" }, this.strip, zoomButton("+", "Zoom the strip of time in", () => this.#scale(2)), zoomButton("−", "Zoom the strip of time out", () => this.#scale(0.5)));
    this.left = el("nav", { "aria-label": "Turns" });
    this.middle = el("main", { "aria-label": "Conversation" });
    this.conversation = new Conversation(this.middle, (key) => this.#go(`item=${key}`));
    this.right = el("aside", { "aria-label": "Request and answer" });
    fill(this.right, el("p", { class: "dim" }, "The request and the answer behind an item are shown here."));
    this.pane = new ExchangePane(this.right, source, summary);
  }

  start() {
    fill(this.page, this.#top(), this.told, this.time, this.left, this.middle, this.right);
    this.#draw();
    window.addEventListener("hashchange", () => location.hash.slice(1) === this.shown || this.#chosen(location.hash.slice(1)));
    document.addEventListener("keydown", (event) => this.#key(event));
    if (location.hash.length > 1) this.#chosen(location.hash.slice(1));
    else this.#open(this.#firstProblem());
    if (this.source.isLive) this.source.follow(() => this.#reload(), (/** @type {boolean} */ isThere) => this.#lose(isThere ? "" : `${ENDED}: this is what it showed last.`));
  }

  async #reload() {
    const atEnd = this.middle.scrollTop + this.middle.clientHeight >= this.middle.scrollHeight - 40;
    const wasPartial = this.summary.is_partial;
    try {
      this.summary = await this.source.load();
    } catch (error) {
      return this.#lose(`The session cannot be read any more: ${error instanceof Error ? error.message : error}`);
    }
    this.lost = "";
    this.#draw();
    this.pane.renew(this.summary).catch((error) => this.#lose(`${error.message}.`));
    if (this.missing) return this.#chosen(this.missing);
    if (wasPartial ? !this.isChosen : this.pane.index === undefined) return this.#open(this.#firstProblem());
    this.#mark();
    if (atEnd) this.middle.scrollTop = this.middle.scrollHeight;
  }

  /** Tell about the page as a whole, above it. @param {string} text */
  #tell(text) {
    const partial = this.summary.is_partial ? "The beginning of a long session: the rest is being read …" : "";
    fill(this.told, ...plain(text || this.lost || this.#missed() || partial));
  }

  /** What a link names that is not there, and what is shown. */
  #missed() {
    if (!this.missing) return "";
    if (this.summary.is_partial) return `#${this.missing}: not found so far. The rest is being read …`;
    const [turn, item] = this.selected.split(".");
    const shown = this.selected ? `turn ${turn}, item ${item}` : `request ${this.pane.index}`;
    return `#${this.missing}: not found in this session, which has ${count(this.summary.turns.length, "turn")} and ${count(this.summary.interactions.length, "request")}. Shown: ${shown}.`;
  }

  /** Tell that nothing new comes, until it does. @param {string} why */
  #lose(why) {
    if (why === this.lost) return; // what is told stays
    this.lost = why;
    this.#tell("");
  }

  #draw() {
    const focused = document.activeElement;
    const [turn, isItem] = [focused?.getAttribute("data-turn"), focused?.matches("article")];
    this.#tell("");
    const name = named(this.summary);
    fill(this.heading, ...plain(name));
    fill(this.facts, ...plain(this.#told(name)));
    document.title = `${name} · codex-replay`;
    fill(this.strip, timeline(this.summary, this.zoom, (index) => this.#go(`request=${index}`)));
    this.#drawLeft();
    this.conversation.show(this.summary, this.hit);
    const again = turn ? this.left.querySelector(`[data-turn="${turn}"]`) : isItem ? document.getElementById(focused?.id ?? "") : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true }); // the keyboard stays where it was
  }

  #top() {
    const field = el("input", { type: "search", placeholder: "Search ( / )", "aria-label": "Search", oninput: () => this.#search(field) });
    this.field = field;
    this.header = el(
      "header",
      {},
      this.heading,
      this.facts,
      el("button", { type: "button", title: "Keys", "aria-label": "Keys", onclick: () => this.#help() }, "?"),
      field,
    );
    return this.header;
  }

  /** The session in a line. @param {string} name what it is called above */
  #told(name) {
    const one = this.summary;
    const facts = [one.replay ? `replayed by ${one.replay.test}` : "", one.started_at ? new Date(one.started_at).toLocaleString() : "", one.codex_version ? `Codex ${one.codex_version}` : "", one.models.join(", "), one.is_partial ? "" : count(one.turns.length, "turn"), one.is_partial ? "" : one.state, name === one.id ? "" : one.id];
    return facts.filter(Boolean).join(" · ");
  }

  #drawLeft() {
    const turnsOf = (/** @type {number[]} */ numbers) => numbers.map((number) => this.#turnButton(this.summary.turns[number - 1]));
    const branch = (/** @type {any} */ thread) =>
      el("li", {}, el("div", { class: "small" }, ...plain(thread.agent_path ?? thread.helper_kind ?? thread.subagent ?? "conversation")), ...turnsOf(thread.turns), thread.children.length ? el("ul", {}, ...thread.children.map(branch)) : "");
    const known = new Set(this.summary.threads.flatMap(numbersIn));
    const others = this.summary.turns.filter((/** @type {any} */ turn) => !known.has(turn.index));
    const problems = this.summary.problems.map((/** @type {any} */ problem) =>
      el("li", {}, el("button", { type: "button", class: "turn bad", title: problem.text, onclick: () => this.#go(keyOf(problem)) }, ...plain(problem.text))));
    fill(
      this.left,
      ...(problems.length ? [el("h2", {}, count(problems.length, "problem")), el("ul", {}, ...problems)] : []),
      el("h2", {}, "Turns"),
      el("ul", {}, ...this.summary.threads.map(branch), ...others.map((/** @type {any} */ turn) => el("li", {}, this.#turnButton(turn)))),
      ...this.#beside(),
    );
  }

  /** The requests of no turn, folded. */
  #beside() {
    const calls = this.summary.interactions.filter((/** @type {any} */ call) => call.turn === null);
    const button = (/** @type {any} */ call) =>
      el("li", {}, el("button", { type: "button", class: "turn", title: call.url, onclick: () => this.#go(`request=${call.index}`) },
        ...plain(`${call.method} ${call.url.replace(/^[a-z]+:\/\/[^/]*|\?.*$/g, "")}`), el("div", { class: "small" }, `${call.index}. ${call.role}, ${call.status ?? (call.outcome === "running" ? "no answer yet" : "no answer")}`)));
    const list = el("details", { open: this.isBesideOpen ?? !this.summary.turns.length }, el("summary", {}, `${count(calls.length, "request")} beside the turns`), el("ul", {}, ...calls.map(button)));
    list.addEventListener("toggle", () => (this.isBesideOpen = list.hasAttribute("open")));
    return calls.length ? [list] : [];
  }

  /** @param {any} turn */
  #turnButton(turn) {
    const asked = this.summary.replay?.requests.map((/** @type {any} */ one) => one.interaction);
    const isUnasked = asked !== undefined && !turn.interactions.some((/** @type {number} */ one) => asked.includes(one));
    const facts = [isUnasked ? "not asked for" : "", duration(turn.duration_ms), turn.tokens.total ? `${turn.tokens.total.toLocaleString("en")} tokens` : ""].filter(Boolean).join(", ");
    return el("button", { type: "button", class: "turn", "data-turn": turn.index, title: turn.prompt ?? "", onclick: () => this.#go(`turn=${turn.index}`) },
      el("span", { class: look(turn.outcome), "aria-hidden": "true" }, "● "), ...plain((turn.prompt ?? "(no prompt)").slice(0, 80)), el("div", { class: "small" }, `${turn.index}. ${turn.outcome}${facts ? `, ${facts}` : ""}`));
  }

  /** Where the page opens: the first failure; of a failed test without a miss, what was served last. */
  #firstProblem() {
    const found = this.summary.problems.find((/** @type {any} */ problem) => problem.turn !== null);
    const served = this.summary.replay?.requests.findLast((/** @type {any} */ one) => one.match !== null);
    if (served && !found?.sent) return `sent=${served.number}`;
    return found ? keyOf(found) : this.summary.turns.length ? "turn=1" : "request=1";
  }

  /** @param {string} key */
  #go(key) {
    this.#chosen(key); // now: the event of the new address comes only after keys that were pressed meanwhile
    location.hash = key;
  }

  /** Show a place that was chosen; say so where it does not exist. @param {string} key */
  #chosen(key) {
    this.isChosen = true;
    this.missing = "";
    if (!this.#open(key || this.#firstProblem())) { // without a place: as it opened first
      this.missing = key;
      if (this.pane.index === undefined) this.#open(this.#firstProblem());
    }
    this.#tell("");
  }

  /** Show what a link means; return whether it means anything. @param {string} key @param {import("./search.js").Hit | null} [hit] */
  #open(key, hit = null) {
    const item = this.#itemOf(key.slice(0, key.indexOf("=")), decoded(key.slice(key.indexOf("=") + 1)));
    if (item === null) return false;
    this.shown = key;
    this.selected = item.key;
    this.#mark(true);
    const isFailure = item.key ? this.conversation.item(item.key)?.classList.contains("failure") : look(this.summary.interactions[item.interaction - 1].outcome) === "bad";
    const looked = hit !== null ? { place: hit.place, wanted: this.hit } : isFailure ? { place: "failure", wanted: "" } : null;
    if (item.interaction) this.pane.show(item.interaction, item.sent, looked);
    return true;
  }

  /** @param {string} kind @param {string} value @returns {{ key: string, interaction: number, sent?: number } | null} */
  #itemOf(kind, value) {
    const turns = this.summary.turns;
    const calls = this.summary.interactions;
    if (kind === "response") return this.#itemOf("request", String(calls.find((/** @type {any} */ call) => call.response_id === value)?.index));
    if (kind === "request") {
      const call = calls[Number(value) - 1];
      if (call === undefined) return null;
      const items = turns[call.turn - 1]?.items ?? [];
      const mine = (/** @type {any} */ one) => one.interaction === call.index;
      const failed = items.findIndex((/** @type {any} */ one) => mine(one) && one.kind === "failure");
      const at = failed >= 0 ? failed : items.findIndex(mine);
      return { key: at < 0 ? "" : `${call.turn}.${at + 1}`, interaction: call.index };
    }
    if (kind === "sent") {
      for (const turn of turns) {
        const at = turn.items.findIndex((/** @type {any} */ one) => one.sent === Number(value));
        if (at >= 0) return { key: `${turn.index}.${at + 1}`, interaction: turn.items[at].interaction, sent: Number(value) };
      }
      const served = this.summary.replay?.requests.find((/** @type {any} */ one) => one.number === Number(value));
      const item = served?.interaction ? this.#itemOf("request", String(served.interaction)) : null;
      return item === null ? null : { ...item, sent: Number(value) };
    }
    if (kind === "call") {
      for (const turn of turns) {
        const at = turn.items.findIndex((/** @type {any} */ one) => one.call_id === value);
        if (at >= 0) return { key: `${turn.index}.${at + 1}`, interaction: turn.items[at].interaction };
      }
      return null;
    }
    const [turn, at] = value.split(".").map(Number);
    const found = turns[(turn ?? 0) - 1];
    const item = found?.items[(at ?? 1) - 1];
    return found === undefined || (kind === "item" && item === undefined) ? null : { key: `${turn}.${at ?? 1}`, interaction: item?.interaction ?? found.interactions[0], sent: item?.sent };
  }

  #mark(isMoving = false) {
    for (const old of this.page.querySelectorAll('[aria-current="true"]')) old.removeAttribute("aria-current");
    const node = this.selected ? this.conversation.item(this.selected) : null;
    node?.setAttribute("aria-current", "true");
    const button = this.left.querySelector(`[data-turn="${Number.parseInt(this.selected)}"]`);
    button?.setAttribute("aria-current", "true");
    if (isMoving) for (const one of [button, node]) one?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") return this.page.querySelector(".hits, dialog") ? this.#closeHits() : this.#endSearch();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") return this.#stepHit(event);
    if (event.key === "Enter" && event.target === this.field) return this.#hits()[0]?.click();
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j" || event.key === "k") this.#step(event.key === "j" ? 1 : -1);
    else if (event.key === "n") this.#nextProblem();
    else if (event.key === "t") toggleTheme();
    else if (event.key === "?") this.#help();
    else if (event.key === "/") {
      event.preventDefault();
      this.field?.focus();
    }
  }

  /** @param {number} step */
  #step(step) {
    const keys = this.summary.turns.flatMap((/** @type {any} */ turn) => turn.items.map((/** @type {any} */ _, /** @type {number} */ at) => `${turn.index}.${at + 1}`));
    const next = keys[keys.indexOf(this.selected) + step];
    if (next !== undefined) this.#go(`item=${next}`);
  }

  #nextProblem() {
    const keys = this.summary.problems.filter((/** @type {any} */ one) => one.turn !== null).map(keyOf);
    const next = keys[(keys.indexOf(location.hash.slice(1)) + 1) % keys.length];
    if (next !== undefined) this.#go(next);
  }

  #help() {
    this.#closeHits();
    const rows = KEYS.map(([keys, does]) => el("tr", {}, el("th", { scope: "row" }, keys ?? ""), el("td", {}, does ?? "")));
    const dialog = /** @type {HTMLDialogElement} */ (el("dialog", { class: "keys", "aria-label": "Keys", onclose: () => dialog.remove(), onclick: () => dialog.close() }, el("table", {}, el("tbody", {}, ...rows))));
    this.page.append(dialog);
    dialog.showModal();
  }

  #closeHits() {
    for (const node of this.page.querySelectorAll(".hits")) node.remove();
  }

  #endSearch() {
    const field = /** @type {HTMLInputElement} */ (this.field);
    field.blur();
    if (!field.value) return;
    field.value = "";
    this.#search(field);
  }

  /** @returns {HTMLElement[]} */
  #hits() {
    return [...this.page.querySelectorAll(".hits button")].filter((one) => one instanceof HTMLElement);
  }

  /** Move from the field to the hits, and among them. @param {KeyboardEvent} event */
  #stepHit(event) {
    const stops = [this.field, ...this.#hits()];
    const at = stops.findIndex((one) => one === document.activeElement);
    if (at < 0 || stops.length === 1) return;
    event.preventDefault();
    stops[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
  }

  /** @param {number} factor */
  #scale(factor) {
    this.zoom = Math.min(64, Math.max(1, this.zoom * factor));
    fill(this.strip, timeline(this.summary, this.zoom, (index) => this.#go(`request=${index}`)));
  }

  /** @param {HTMLElement} field */
  #search(field) {
    this.hit = /** @type {HTMLInputElement} */ (field).value.trim();
    this.#closeHits();
    this.conversation.show(this.summary, this.hit);
    this.#mark();
    if (!this.hit) return;
    this.header?.after(hitList(this.source, this.summary, this.hit, (hit) => {
      this.#go(hit.key);
      if (hit.key.startsWith("request=")) this.#open(hit.key, hit);
    }));
  }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a session is called: by its title, by the name that a person gave it, or by its first prompt. @param {any} summary @returns {string} */
function named(summary) {
  const prompt = /^(?:[0-9a-f]{8}-|unattributed-)/.test(summary.id) ? summary.turns[0]?.prompt?.split("\n")[0].slice(0, NAME_CHARS) : "";
  return summary.title ?? (prompt || summary.id);
}

/** @param {any} thread @returns {number[]} */
function numbersIn(thread) {
  return [...thread.turns, ...thread.children.flatMap(numbersIn)];
}

/** @param {any} problem */
function keyOf(problem) {
  if (problem.sent) return `sent=${problem.sent}`;
  return problem.interaction ? `request=${problem.interaction}` : problem.turn ? `turn=${problem.turn}` : "turn=1";
}

/** @param {string} sign @param {string} name @param {() => void} onclick */
function zoomButton(sign, name, onclick) {
  return el("button", { type: "button", title: name, "aria-label": name, onclick }, sign);
}

function toggleTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
}

async function main() {
  const page = /** @type {HTMLElement} */ (document.getElementById("page"));
  const notice = (/** @type {string} */ text) => fill(page, el("p", { class: "notice", role: "alert" }, ...plain(text)));
  try {
    const session = inlineData("session");
    if (inlineData("archive") !== null) await new SessionList(page, new ServerSource("")).start();
    else if (session !== null) {
      const source = new ServerSource(session);
      new SessionView(page, source, await source.load()).start();
    } else if (!FileSource.isAble()) notice("This browser cannot open compressed pages (DecompressionStream). Take a newer one.");
    else {
      const summary = await block("summary");
      new SessionView(page, new FileSource(summary), summary).start();
    }
  } catch (error) {
    notice(`The session cannot be shown: ${error instanceof Error ? error.message : error}`);
  }
}

main();
