// Where the page's data comes from: blocks in this document, or the server that sent it.

import { hitsInExchanges } from "./search.js";

export const ENDED = "codex-replay view has ended, or cannot be reached";

/** @param {string} base64 */
function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** The data that stands in the document under a name; null if none does. @param {string} name */
export function inlineData(name) {
  const found = document.getElementById(`data-${name}`);
  return found === null ? null : JSON.parse(new TextDecoder().decode(bytes(found.textContent ?? "")));
}

/** Open a compressed block of the document. @param {string} name */
export async function block(name) {
  const text = document.getElementById(`data-${name}`)?.textContent ?? "";
  const unpacked = new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).json();
}

/** The parts of an answer, from their columns. @param {any} columns */
function rows(columns) {
  let at = columns.first_ms;
  return columns.values.map((/** @type {any} */ value, /** @type {number} */ number) => {
    at = columns.after_ms === null ? null : Math.round((at + columns.after_ms[number]) * 1000) / 1000;
    return { at_ms: at, kind: columns.kinds[number], value };
  });
}

/** A page in one file. */
export class FileSource {
  isLive = false;
  /** @type {Map<string, Promise<any>>} */
  #blocks = new Map();

  /** @param {any} summary */
  constructor(summary) {
    this.summary = summary;
  }

  static isAble() {
    return typeof DecompressionStream === "function";
  }

  async load() {
    return this.summary;
  }

  /** A request and its answer, whole. @param {number} index */
  async exchange(index) {
    const { refs, ...exchange } = structuredClone(await this.#block(`x${index}`));
    exchange.answer = rows(exchange.answer);
    exchange.context = await this.#values(refs.context);
    if (exchange.request !== null && typeof exchange.request === "object") {
      for (const [name, number] of Object.entries(refs)) {
        if (name === "context") continue;
        exchange.request[name] = Array.isArray(number) ? await this.#values(number) : (await this.#values([number]))[0];
      }
    }
    return exchange;
  }

  /** Hits in requests and answers. @param {string} wanted */
  async search(wanted) {
    return hitsInExchanges(this, this.summary, wanted);
  }

  /** What a client sent in a replay. @param {number} number */
  async sent(number) {
    return this.#block(`q${number}`);
  }

  /** @param {number[]} numbers */
  async #values(numbers) {
    const first = this.summary.value_blocks;
    return Promise.all(
      numbers.map(async (number) => {
        const at = first.findLastIndex((/** @type {number} */ one) => one <= number);
        return (await this.#block(`v${at}`))[number - first[at]];
      }),
    );
  }

  /** @param {string} name */
  #block(name) {
    const known = this.#blocks.get(name) ?? block(name);
    this.#blocks.set(name, known);
    return known;
  }
}

/** The server of `codex-replay view`. */
export class ServerSource {
  isLive = true;

  /** @param {string} session */
  constructor(session) {
    this.session = session;
    this.token = new URLSearchParams(location.search).get("token") ?? "";
  }

  /** @param {string} path */
  async get(path) {
    const answer = await fetch(`${path}${path.includes("?") ? "&" : "?"}token=${this.token}`).catch(() => {
      throw new Error(ENDED);
    });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  async load() {
    this.summary = await this.get(`/api/sessions/${encodeURIComponent(this.session)}`);
    return this.summary;
  }

  /** @param {number} index */
  async exchange(index) {
    return this.get(`/api/sessions/${encodeURIComponent(this.session)}/interactions/${index}`);
  }

  /** Hits in requests and answers. @param {string} wanted */
  async search(wanted) {
    return this.get(`/api/sessions/${encodeURIComponent(this.session)}/search?text=${encodeURIComponent(wanted)}`);
  }

  /**
   * Call back whenever the session has grown, or more of it is read; and when the server cannot be reached, and can again.
   * @param {() => Promise<void>} changed @param {(isThere: boolean) => void} reached
   */
  follow(changed, reached) {
    let [isBusy, isAgain] = [false, false];
    const take = async () => {
      isAgain = isBusy;
      if (isBusy) return;
      isBusy = true;
      await changed();
      isBusy = false;
      if (isAgain) take();
    };
    const events = new EventSource(`/api/sessions/${encodeURIComponent(this.session)}/changes?token=${this.token}&version=${encodeURIComponent(this.summary.version)}`);
    events.addEventListener("change", take);
    events.addEventListener("error", () => events.readyState === EventSource.CLOSED || reached(false)); // closed: it was refused
    events.addEventListener("open", () => reached(true));
  }
}
