// The request and the answer behind what is selected.

import { copy, count, duration, el, fill } from "./dom.js";
import { plain } from "./text.js";
import { itemText, lineDiff, pretty, tree } from "./values.js";

const MOST_MARKS = 500;
const SWITCHING = 101;
const COPIED_MS = 1500;
const RUNNING = "running";
const TABS = ["added", "context", "answer", "headers", "raw"];
const TITLES = { sent: "Sent against recorded", added: "What it added", context: "What the model saw", answer: "Answer", headers: "Headers", raw: "Raw" };

export class ExchangePane {
  /** @type {number | undefined} */
  index;
  #tab = "added";
  /** @type {any} */
  #sent = null;

  /** @param {HTMLElement} place @param {any} source @param {any} summary */
  constructor(place, source, summary) {
    this.place = place;
    this.source = source;
    this.summary = summary;
  }

  /**
   * @param {number} index
   * @param {number} [sent] the request of a replay that is meant; else the first that it answered
   * @param {{ place: string, wanted: string } | null} [hit] what is looked for in it
   */
  async show(index, sent, hit = null) {
    if (index !== this.index || sent !== undefined) this.#choice(index, sent);
    if (hit !== null) this.#tab = tabOf(hit.place);
    this.index = index;
    const call = this.summary.interactions[index - 1];
    const body = el("div", { role: "tabpanel" }, "…");
    fill(this.place, el("h2", {}, `Interaction ${index}`), facts(call), this.#copies(call), this.#tabs(index), body);
    try {
      const drawn = await this.#drawn(call);
      if (this.index !== index) return;
      fill(body, ...drawn());
      if (!hit?.wanted || reveal(body, hit.wanted) || this.#tab === "raw") return;
      this.show(index, sent, { ...hit, place: "" });
    } catch (error) {
      fill(body, el("p", { class: "bad" }, ...plain(`This request cannot be read: ${error instanceof Error ? error.message : error}`)));
    }
  }

  /** Take over what has come since: of an interaction that was under way, it is shown, and what was opened stays so. @param {any} summary */
  async renew(summary) {
    const index = this.index;
    const was = index === undefined ? null : this.summary.interactions[index - 1];
    this.summary = summary;
    const [call, body] = [summary.interactions[(index ?? 0) - 1], this.place.querySelector("[role=tabpanel]")];
    if (was?.outcome !== RUNNING || !call || !body) return;
    const drawn = await this.#drawn(call);
    if (!body.isConnected) return; // another was chosen meanwhile
    const top = this.place.scrollTop;
    const open = [...body.querySelectorAll("details")].map((one) => one.open);
    this.place.querySelector(".facts")?.replaceWith(facts(call));
    fill(body, ...drawn());
    for (const [at, one] of [...body.querySelectorAll("details")].entries()) if (open[at] !== undefined) one.open = open[at];
    this.place.scrollTop = top;
  }

  /** Fetch an interaction; return what draws the chosen part of it. @param {any} call */
  async #drawn(call) {
    const [exchange, before] = await Promise.all([this.source.exchange(call.index), call.before ? this.source.exchange(call.before) : null]);
    const live = this.#sent ? await this.source.sent(this.#sent.number) : null;
    if (call.outcome === RUNNING) exchange.outcome = RUNNING;
    return () => this.#body(exchange, before, call, live);
  }

  /** Which request of a replay is shown beside an interaction, and first. @param {number} index @param {number} [sent] */
  #choice(index, sent) {
    const requests = this.summary.replay?.requests ?? [];
    this.#sent = requests.find((/** @type {any} */ one) => (sent === undefined ? one.interaction === index && !one.is_missed : one.number === sent)) ?? null;
    if (sent !== undefined) this.#tab = "sent";
    else if (this.#tab === "sent" && this.#sent === null) this.#tab = "added";
  }

  /** @param {number} index */
  #tabs(index) {
    const button = (/** @type {string} */ name) =>
      el("button", { role: "tab", type: "button", "aria-selected": String(name === this.#tab), onclick: () => this.#choose(name, index) }, /** @type {Record<string, string>} */ (TITLES)[name]);
    return el("div", { class: "tabs", role: "tablist", "aria-label": "Request and answer" }, ...(this.#sent ? ["sent", ...TABS] : TABS).map(button));
  }

  /** @param {string} name @param {number} index */
  #choose(name, index) {
    this.#tab = name;
    this.show(index);
  }

  /** @param {any} exchange @param {any} before @param {any} call @param {any} live */
  #body(exchange, before, call, live) {
    if (exchange.request === null && /added|context/.test(this.#tab)) return [el("p", { class: "dim" }, "The request has no body.")];
    switch (this.#tab) {
      case "sent":
        return compared(live, this.#sent);
      case "added":
        return added(exchange, before, call);
      case "context":
        return context(exchange);
      case "answer":
        return answer(exchange);
      case "headers":
        return [el("h2", {}, "Request"), headers(exchange.request_headers), el("h2", {}, "Answer"), headers(exchange.response_headers)];
      default:
        return [el("pre", {}, ...plain(JSON.stringify(exchange, null, 2)))];
    }
  }

  /** @param {any} call */
  #copies(call) {
    const button = (/** @type {string} */ name, /** @type {() => Promise<string> | string} */ text) =>
      el("button", { type: "button", onclick: async (/** @type {Event} */ event) => {
        const node = /** @type {HTMLElement} */ (event.target);
        const made = await text();
        try {
          await copy(made);
          node.textContent = "copied";
          setTimeout(() => (node.textContent = name), COPIED_MS);
        } catch {
          this.place.append(el("textarea", { readonly: true, rows: 8, "aria-label": `${name}, to be copied by hand` }, made));
        }
      } }, name);
    const exchange = () => this.source.exchange(call.index);
    return el(
      "div",
      { class: "copies" },
      el("span", { class: "dim" }, "Copy: "),
      button("JSON", async () => JSON.stringify(await exchange(), null, 2)),
      button("curl", async () => curl(await exchange())),
      button("serve", () => `codex-replay serve ${quoted(this.summary.path ?? this.summary.id)}`),
      button("test", () => test(this.summary)),
    );
  }
}

/** The tab in which a hit stands. @param {string} place */
function tabOf(place) {
  if (/^(context|instructions|tools|settings|metadata|prompt)/.test(place)) return "context";
  if (/ header /.test(place)) return "headers";
  return /^(answer|failure|assistant|response id)/.test(place) ? "answer" : "raw";
}

/** Mark a text where it stands, and show the first place; return whether it stands there. @param {Element} node @param {string} wanted */
function reveal(node, wanted) {
  const lower = wanted.toLowerCase();
  const ranges = [];
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text !== null && ranges.length < MOST_MARKS; text = walker.nextNode()) {
    const at = text.textContent?.toLowerCase().indexOf(lower) ?? -1;
    if (at < 0) continue;
    const range = new Range();
    range.setStart(text, at);
    range.setEnd(text, Math.min(at + lower.length, text.textContent?.length ?? 0));
    ranges.push(range);
  }
  if ("highlights" in CSS) CSS.highlights.set("hit", new Highlight(...ranges));
  const first = ranges[0]?.startContainer.parentElement;
  for (let one = first?.closest("details:not([open])"); one; one = one.parentElement?.closest("details:not([open])")) one.setAttribute("open", "");
  first?.scrollIntoView({ block: "center" });
  return ranges.length > 0;
}

/** @param {any} call */
function facts(call) {
  const lines = [
    `${call.role} over ${call.transport}: ${call.status === SWITCHING ? "" : `${call.status ?? "no answer"}${call.status === null && call.outcome === RUNNING ? " yet" : ""}, `}${call.outcome}`,
    call.tokens.total ? `${count(call.tokens.input, "token")} in (${call.tokens.cached.toLocaleString("en")} cached), ${call.tokens.output.toLocaleString("en")} out` : "",
    call.at_ms === null || call.first_ms === null ? "" : `first event after ${duration(call.first_ms - call.at_ms)}, ${duration(call.end_ms - call.at_ms)} in all`,
    call.missed_tokens ? `prompt cache missed ${count(call.missed_tokens, "token")}: ${call.changed ? `${call.changed} changed` : "nothing changed in the request"}` : "",
    call.response_id ?? "",
  ];
  return el("div", { class: "facts dim" }, ...lines.filter(Boolean).map((line) => el("div", {}, ...plain(line))));
}

/** What a request has that the one before it in its thread has not. @param {any} exchange @param {any} before @param {any} call */
function added(exchange, before, call) {
  if (before === null) return [el("p", { class: "dim" }, "The first request of its thread: all of it is new."), ...context(exchange)];
  const [old, now] = [before.context.map(key), exchange.context.map(key)];
  let same = 0;
  while (same < old.length && old[same] === now[same]) same++;
  const nodes = [el("p", { class: "dim" }, `Against interaction ${call.before}: ${count(same, "input item")} as before.`)];
  nodes.push(...settings(before.request, exchange.request));
  if (same < old.length) nodes.push(el("h2", { class: "warn" }, `${count(old.length - same, "item")} left or changed`), ...before.context.slice(same).map((/** @type {any} */ item) => el("div", { class: "del" }, inputItem(item))));
  nodes.push(el("h2", {}, count(now.length - same, "new item")), ...exchange.context.slice(same).map(inputItem));
  return nodes;
}

/** What differs between two requests, the conversation aside. @param {any} was @param {any} is */
function settings(was, is) {
  const names = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])].filter((name) => !["input", "previous_response_id", "client_metadata"].includes(name));
  const changed = names.filter((name) => JSON.stringify(was?.[name]) !== JSON.stringify(is?.[name]));
  return changed.flatMap((name) => [el("h2", {}, ...plain(name)), changes(was?.[name], is?.[name])]);
}

/** What a client sent in a replay, against what was recorded. @param {any} live @param {any} sent */
function compared(live, sent) {
  const told = sent.is_missed ? `Request ${sent.number} (${live.method} ${live.url}) matches nothing recorded.` : `Request ${sent.number} was answered by this interaction${sent.match ? ` (${sent.match})` : ""}.`;
  const said = [el("p", { class: sent.is_missed ? "bad" : "dim" }, ...plain(told))];
  const whole = el("details", { open: live.differs === null }, el("summary", {}, "All that was sent"), tree(live.request, 2));
  if (live.differs === null) return [...said, whole];
  const parts = (/** @type {boolean} */ isVolatile) => live.differs.filter((/** @type {any} */ one) => one.is_volatile === isVolatile);
  const drawn = (/** @type {any} */ one) => [el("h2", {}, ...plain(one.path)), changes(one.recorded, one.sent)];
  const [meant, rest] = [parts(false), parts(true)];
  said.push(el("p", { class: "dim" }, meant.length ? "− was recorded, + was sent; ids and the like are left out." : "All that carries meaning is as recorded."));
  return [
    ...said,
    ...meant.flatMap(drawn),
    rest.length ? el("details", {}, el("summary", {}, `only volatile text differs: ${count(rest.length, "part")}`), ...rest.flatMap(drawn)) : "",
    whole,
  ];
}

/** @param {any} value */
function key(value) {
  return JSON.stringify(value);
}

/** @param {any} was @param {any} is */
function changes(was, is) {
  const lines = lineDiff(pretty(was ?? "").split("\n"), pretty(is ?? "").split("\n"));
  const near = lines.filter(([kind], at) => kind !== "same" || lines.slice(Math.max(0, at - 2), at + 3).some(([other]) => other !== "same"));
  return el("pre", {}, ...near.map(([kind, line]) => el("div", { class: kind }, ...plain(`${kind === "add" ? "+" : kind === "del" ? "-" : " "} ${line}`))));
}

/** @param {any} exchange */
function context(exchange) {
  const { input: _input, instructions, tools, ...others } = exchange.request ?? {};
  const named = Array.isArray(tools) ? tools : [];
  return [
    el("details", {}, el("summary", {}, "settings"), tree(others, 2)),
    named.length ? el("details", {}, el("summary", {}, `tools (${named.length})`), ...named.map((/** @type {any} */ tool) => tree(tool, 0))) : "",
    instructions ? el("details", { open: true }, el("summary", {}, "instructions"), el("pre", {}, ...plain(instructions))) : "",
    el("h2", {}, count(exchange.context.length, "input item")),
    ...(Array.isArray(exchange.context) ? exchange.context : [exchange.context]).map(inputItem),
  ];
}

const SHOWN_CHARS = 400;

/** An item of the input: who said it, its text, and the whole of it as JSON. @param {any} item */
function inputItem(item) {
  const text = itemText(item);
  const kind = item?.type === "message" || item?.type === undefined ? item?.role ?? "item" : item.type.replaceAll("_", " ");
  const name = typeof item?.name === "string" ? ` ${item.name}` : "";
  const whole = el("details", {}, el("summary", { class: "dim" }, "JSON"));
  whole.addEventListener("toggle", () => whole.append(tree(item, 2)), { once: true });
  const body = text.length > SHOWN_CHARS
    ? el("details", {}, el("summary", {}, el("span", { class: "mono" }, ...plain(text.slice(0, SHOWN_CHARS))), el("span", { class: "dim" }, ` … (${count(text.length, "character")})`)), el("pre", {}, ...plain(text)))
    : el("pre", {}, ...plain(text));
  return el("div", { class: "input" }, el("div", { class: "key" }, ...plain(`${kind}${name}`)), body, ...images(item), whole);
}

/** @param {any} item */
function images(item) {
  const parts = [item?.content, item?.output].filter(Array.isArray).flat();
  return parts.filter((part) => typeof part?.image_url === "string").map((part) => tree(part.image_url));
}

/** What was answered, and what the client sent meanwhile, in order. @param {any} exchange */
function answer(exchange) {
  const rows = exchange.answer.map((/** @type {any} */ part) => row(part.at_ms, part.value?.type ?? part.kind, part.value));
  for (const one of [...exchange.client_messages].reverse()) rows.splice(one.after, 0, row(one.at_ms, `sent: ${one.value?.type ?? "message"}`, one.value));
  const told = exchange.outcome === RUNNING ? (rows.length ? "More is to come." : "Nothing has come yet.") : `${rows.length ? "" : "Nothing came. "}It ended: ${exchange.outcome}.`;
  const ended = exchange.outcome === "completed" ? "" : el("p", { class: "dim" }, told);
  return [el("table", {}, el("tbody", {}, ...rows)), ended];
}

/** @param {number | null} at @param {string} name @param {any} value */
function row(at, name, value) {
  const node = el("details", {}, el("summary", {}, ...plain(name), " ", el("span", { class: "dim" }, ...plain(gist(value)))));
  node.addEventListener("toggle", () => node.childElementCount === 1 && node.append(tree(value, 2)), { once: true });
  if (/(?:^|\.)(?:error|failed|incomplete)$|^body$/.test(name)) node.setAttribute("open", "");
  return el("tr", {}, el("td", { class: "num" }, at === null ? "" : `+${at.toLocaleString("en")} ms`), el("td", {}, node));
}

/** @param {any} value */
function gist(value) {
  const said = value?.delta ?? value?.item?.type ?? value?.error?.message ?? "";
  return typeof said === "string" ? said.slice(0, 80) : "";
}

/** @param {[string, string][]} pairs */
function headers(pairs) {
  return el("table", {}, el("tbody", {}, ...pairs.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, ...plain(name)), el("td", { class: "mono" }, ...plain(value))))));
}

/** @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** @param {any} exchange */
function curl(exchange) {
  const request = { ...exchange.request, input: exchange.context, stream: true };
  delete request.type;
  delete request.previous_response_id;
  const kept = exchange.request_headers.filter((/** @type {[string, string]} */ [name, value]) => /^(openai-|x-codex|originator|user-agent|version)/i.test(name) && !/websocket/i.test(value));
  const lines = kept.map((/** @type {[string, string]} */ [name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return ["curl -N " + quoted(exchange.url), '-H "Authorization: Bearer $OPENAI_API_KEY"', "-H 'content-type: application/json'", ...lines, `-d ${quoted(JSON.stringify(request))}`].join(" \\\n  ");
}

/** @param {any} summary */
function test(summary) {
  const prompt = summary.turns[0]?.prompt ?? "";
  return `import pytest\n\n\n@pytest.mark.codex_replay(${JSON.stringify(summary.id)})\ndef test_it(codex_cli):\n    run = codex_cli.exec(${JSON.stringify(prompt)}).check()\n\n    assert run.message == ${JSON.stringify(summary.turns[0]?.items.findLast((/** @type {any} */ item) => item.kind === "assistant")?.text ?? "")}\n`;
}
