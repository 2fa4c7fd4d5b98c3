// The modules of the page that need no browser: run by node's own runner (`node --test`), which test_modules.py starts.

import assert from "node:assert/strict";
import { test } from "node:test";

/** As little of a document as the modules need: elements are their tag, their class and their text. */
globalThis.document = {
  createElement: (tag) => ({
    tag,
    children: [],
    attributes: {},
    setAttribute(name, value) { this.attributes[name] = value; },
    addEventListener() {},
    append(...nodes) { this.children.push(...nodes); },
    get textContent() { return this.children.map((one) => one.textContent ?? one).join(""); },
  }),
};

const folder = new URL(`file://${process.env.CODEX_REPLAY_STATIC}/`);
const load = (name) => import(new URL(name, folder));
const { count, duration } = await load("dom.js");
const { isPatch, plain, terminal } = await load("text.js");
const { lineDiff } = await load("values.js");
const { merged } = await load("timeline.js");
const { hitsIn } = await load("search.js");
const textOf = (nodes) => nodes.map((one) => one.textContent ?? one).join("");

test("hidden characters are seen", () => {
  assert.equal(textOf(plain("a\u202eb\u200b\u0000")), "a[U+202e]b[U+200b][U+0000]");
  assert.equal(textOf(plain("é\tx\n")), "é\tx\n");
});

test("colours of a terminal are classes, other escapes are left out", () => {
  const nodes = terminal("\u001b[1;31mred\u001b[0m \u001b]0;title\u0007plain");
  assert.equal(textOf(nodes), "red plain");
  assert.equal(nodes[0].attributes.class, "a1 f1");
});

test("what is found is marked, in upper and lower case", () => {
  assert.deepEqual(plain("Say say", "SAY").filter((one) => one.tag === "mark").map((one) => one.textContent), ["Say", "say"]);
});

test("a diff of lines has each line of both, in order", () => {
  for (const [old, now] of [["", ""], ["a b c", "a c"], ["a b", "b a"], ["x", "a x b"], ["a a a", "a a"]]) {
    const [left, right] = [old.split(" "), now.split(" ")];
    const lines = lineDiff(left, right);
    assert.deepEqual(lines.filter(([kind]) => kind !== "add").map(([, line]) => line), left);
    assert.deepEqual(lines.filter(([kind]) => kind !== "del").map(([, line]) => line), right);
  }
});

test("durations and counts are short", () => {
  assert.deepEqual([duration(null), duration(5), duration(1500), duration(61_000)], ["", "5 ms", "1.5 s", "1 min 1 s"]);
  assert.deepEqual([count(1, "turn"), count(2000, "turn")], ["1 turn", "2,000 turns"]);
});

test("requests too short to be seen apart are one bar, in each thread, unless one failed", () => {
  const call = (index, thread_id, begin, outcome = "completed") => ({ index, thread_id, begin, end: begin + 1, outcome });
  const bars = merged([call(1, "a", 0), call(2, "b", 1), call(3, "a", 2), call(4, "a", 3, "failed"), call(5, "a", 50)], 10);
  assert.deepEqual(bars.map((one) => [one.index, one.last]), [[1, 3], [2, undefined], [4, undefined], [5, undefined]]);
});

test("patches are told from other texts", () => {
  assert.ok(isPatch("*** Begin Patch\n+x"));
  assert.ok(!isPatch("a + b\n- c"));
});

test("hits are in order, by turn", () => {
  const turns = [1, 2].map((index) => ({ index, items: [{ kind: "user", text: "Find me" }, { kind: "tool_call", output: "no" }] }));
  assert.deepEqual(hitsIn({ turns }, "find").map((hit) => hit.key), ["item=1.1", "item=2.1"]);
});

test("what an item says is found as it reads", () => {
  const items = [{ kind: "tool_call", arguments: '{"chars":"say \\"hi\\""}' }, { kind: "tool_call", arguments: '{"a\\q' }, { kind: "assistant", text: "See.", citations: ["https://x/zebra"] }];
  for (const [wanted, key] of [['say "hi"', "item=1.1"], ["a\\q", "item=1.2"], ["zebra", "item=1.3"]]) {
    assert.deepEqual(hitsIn({ turns: [{ index: 1, items }] }, wanted).map((hit) => hit.key), [key]);
  }
});
