// The list of an archive's sessions: the server sends it in pages, and what is not on the screen is not drawn.

import { count, duration, el, fill } from "./dom.js";
import { plain } from "./text.js";

const WAIT_MS = 150;
const AHEAD_PX = 6000; // more than a page of the list: it is there before it is scrolled to

export class SessionList {
  #asked = 0;
  /** @type {string | null} */
  #cursor = null;

  /** @param {HTMLElement} page @param {any} source */
  constructor(page, source) {
    this.page = page;
    this.source = source;
    this.told = el("span", { class: "facts", role: "status" }, "The archive is being read; the first time takes longer …");
    this.place = el("div", {});
    this.end = el("div", { class: "end" });
    this.text = filterField("search", "Search what was said, or an id ( / )", () => this.#later());
    this.model = el("select", { "aria-label": "Model", onchange: () => this.#restart() }, el("option", {}, "any model"));
    this.days = el("select", { "aria-label": "When", onchange: () => this.#restart() }, ...[[null, "any time"], ["1", "since yesterday"], ["7", "last 7 days"], ["30", "last 30 days"]].map(([value, name]) => el("option", { value }, name)));
    this.failed = filterField("checkbox", "Failed only", () => this.#restart());
  }

  start() {
    const filters = [this.text, this.model, this.days, el("label", {}, this.failed, " failed only")];
    fill(this.page, el("header", { class: "archive" }, el("h1", {}, "Sessions"), this.told, ...filters), el("main", { id: "sessions" }, this.place, this.end));
    new IntersectionObserver((entries) => entries.some((one) => one.isIntersecting) && this.#more(), { rootMargin: `${AHEAD_PX}px`, scrollMargin: `${AHEAD_PX}px` }).observe(this.end);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target === this.text) return;
      event.preventDefault();
      this.text.focus();
    });
    return this.#restart();
  }

  #later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#restart(), WAIT_MS);
  }

  async #restart() {
    this.#cursor = "";
    this.#asked += 1;
    await this.#more(true);
  }

  /** Ask for the next page; an answer to an earlier question is dropped. @param {boolean} [isFirst] */
  async #more(isFirst = false) {
    if (this.#cursor === null || (this.isBusy && !isFirst)) return;
    const question = this.#asked;
    this.isBusy = true;
    try {
      const found = await this.source.get(`/api/sessions?${this.#query(this.#cursor)}`);
      if (question === this.#asked) this.#add(found, isFirst);
    } catch (error) {
      if (question === this.#asked) this.#refused(error);
    }
    this.isBusy = question === this.#asked ? false : this.isBusy;
  }

  /** @param {string} cursor */
  #query(cursor) {
    const value = (/** @type {HTMLElement} */ node) => /** @type {HTMLInputElement} */ (node).value.trim();
    const failed = /** @type {HTMLInputElement} */ (this.failed).checked ? "1" : "";
    const chosen = (/** @type {HTMLElement} */ node) => (/** @type {HTMLSelectElement} */ (node).selectedIndex > 0 ? value(node) : "");
    const asked = { text: value(this.text), model: chosen(this.model), days: chosen(this.days), failed, cursor };
    return new URLSearchParams(Object.entries(asked).filter(([, one]) => one));
  }

  /** @param {any} found @param {boolean} isFirst */
  #add(found, isFirst) {
    if (isFirst) this.#begin(found);
    this.#cursor = found.next;
    this.place.append(el("ul", { class: "page" }, ...found.rows.map(sessionRow)));
    this.end.textContent = found.next === null ? "" : "…";
    if (found.next !== null && this.end.getBoundingClientRect().top < innerHeight + AHEAD_PX) setTimeout(() => this.#more());
  }

  /** @param {any} found */
  #begin(found) {
    this.told.textContent = [found.count ? count(found.count, "session") : "No session matches.", ...found.notes].join(" · ");
    const chosen = /** @type {HTMLSelectElement} */ (this.model).value;
    fill(this.model, el("option", {}, "any model"), ...found.models.map((/** @type {string} */ one) => el("option", { value: one, selected: one === chosen }, ...plain(one))));
    fill(this.place);
  }

  /** @param {unknown} error */
  #refused(error) {
    this.#cursor = null;
    fill(this.place, el("p", { class: "notice", role: "alert" }, ...plain(error instanceof Error ? error.message : String(error))));
  }
}

/** @param {string} type @param {string} name @param {() => void} changed */
function filterField(type, name, changed) {
  return el("input", { type, placeholder: name, "aria-label": name, oninput: changed });
}

/** @param {any} one @returns {HTMLElement} */
function sessionRow(one) {
  const token = new URLSearchParams(location.search).get("token") ?? "";
  const name = one.title ?? one.prompt ?? one.id;
  const facts = [one.models.join(", "), count(one.turns, "turn"), duration(one.duration_ms), one.cwd ?? "", name === one.id ? "" : one.id].filter(Boolean).join(" · ");
  const state = one.state === "complete" ? "" : one.state;
  return el("li", {},
    el("a", { href: `/sessions/${encodeURIComponent(one.id)}?token=${token}` }, ...plain(name)), " ",
    el("span", { class: "warn" }, ...plain(state)),
    el("div", { class: "small dim" }, ...plain([one.started_at ? new Date(one.started_at).toLocaleString() : "", one.helper_kind ?? "", facts].filter(Boolean).join(" · "))),
    one.helpers.length ? el("ul", {}, ...one.helpers.map(sessionRow)) : null,
  );
}
