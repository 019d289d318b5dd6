// The small pieces of the segment builder: comparisons, windows, undo, drafts, kinds, the search and the marks.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as compare from "../../cadenza/web/static/cadenza/segments/comparisons.js";
import * as draft from "../../cadenza/web/static/cadenza/segments/draft.js";
import * as history from "../../cadenza/web/static/cadenza/segments/history.js";
import { meaning, ordinal } from "../../cadenza/web/static/cadenza/segments/kinds.js";
import { nearest } from "../../cadenza/web/static/cadenza/segments/marks.js";
import { matching, spoken } from "../../cadenza/web/static/cadenza/segments/subjects.js";
import { inUnit, windowed, windowOf, WINDOWS } from "../../cadenza/web/static/cadenza/segments/windows.js";

test("another comparison keeps the value where it fits", () => {
  assert.deepEqual(compare.testOf("text", "contains", { op: "is", value: "Riga" }), { op: "contains", value: "Riga" });
  assert.deepEqual(compare.testOf("text", "one_of", { op: "is", value: "Riga" }), { op: "one_of", value: ["Riga"] });
  assert.deepEqual(compare.testOf("text", "is", { op: "one_of", value: ["Riga", "Oslo"] }), { op: "is", value: "Riga" });
  assert.deepEqual(compare.testOf("number", "unknown", { op: "at_least", value: 5 }), { op: "is_set", value: false });
  assert.deepEqual(compare.testOf("count", "at_least", { op: "at_most", value: 0 }), { op: "at_least", value: 1 });
  assert.deepEqual(compare.testOf("time", "anniversary_within", { op: "before", value: "2030-01-01" }), { op: "anniversary_within", value: 7 });
});

test("never is at most none, and another number is a number", () => {
  assert.equal(compare.choiceOf("count", { op: "at_most", value: 0 }).key, "never");
  assert.equal(compare.choiceOf("count", { op: "at_most", value: 3 }).key, "at_most");
  assert.equal(compare.choiceOf("flag", { op: "is", value: false }).key, "no");
  assert.equal(compare.choiceOf("detail_text", { op: "is", value: true }).key, "yes");
  assert.equal(compare.choiceOf("text", { op: "at_least", value: 5 }).key, "at_least", "what does not fit is shown all the same");
});

test("what is typed is a number where one is asked, and otherwise stays what it is", () => {
  assert.equal(compare.typed("number", " 12.5 "), 12.5);
  assert.equal(compare.typed("number", "twelve"), "twelve");
  assert.equal(compare.typed("number", ""), "");
  assert.equal(compare.typed("text", "12"), "12");
});

test("a detail is compared as its values are, else as it was seen", () => {
  assert.equal(compare.detailKind({ property: "x", is: "" }, "number"), "detail_number");
  assert.equal(compare.detailKind({ property: "x", is: "5" }, "number"), "detail_text");
  assert.equal(compare.detailKind({ property: "x", at_least: "" }, "text"), "detail_number");
  assert.equal(compare.detailKind({ property: "x", is_not: true }, "text"), "detail_flag");
});

test("a range gets its other end; what is never needs none", () => {
  assert.deepEqual(compare.another("number", { attribute: "x", at_least: 5 }), { op: "at_most", value: "" });
  assert.deepEqual(compare.another("occurred", { last: "A", days_ago_at_least: 5 }), { op: "days_ago_at_most", value: 30 });
  assert.equal(compare.another("count", { orders: "count", at_most: 0 }), null);
  assert.deepEqual(compare.another("occurred", { last: "A", having: [] }), { op: "days_ago_at_most", value: 30 });
});

test("comparisons are exchanged in their place", () => {
  const json = { attribute: "x", at_least: 5, less_than: 10 };
  assert.equal(JSON.stringify(compare.retested(json, 0, { op: "more_than", value: 5 })), '{"attribute":"x","more_than":5,"less_than":10}');
  assert.deepEqual(compare.untested(json, 1), { attribute: "x", at_least: 5 });
});

test("every window is named as it is written, and the reverse", () => {
  const names = WINDOWS.flatMap((one) => (one.options ? one.options : [one])).map((one) => one.value);
  for (const name of names) {
    const json = windowed({ did: "A", days: 5, where: [] }, name);
    assert.equal(windowOf(json), name);
    assert.deepEqual([json.did, json.where], ["A", []]);
    assert.deepEqual(windowed(json, "ever"), { did: "A", where: [] });
  }
  assert.equal(windowOf({ hours: 6 }), "last");
  assert.equal(windowOf({ days: null }), "ever");
  assert.equal(windowOf({ days: 3, in: "today" }), null);
  assert.deepEqual(inUnit({ did: "A", days: 3, on: [] }, "hours"), { did: "A", hours: 3, on: [] });
});

test("steps are taken back and done again; a word is one step", () => {
  let h = history.begin("a");
  for (const [now, typing] of [["b", ""], ["c", "x"], ["d", "x"], ["e", "y"]]) h = history.step(h, now, typing);
  h = history.undo(h);
  assert.equal(h.now, "d");
  h = history.undo(h);
  assert.equal(h.now, "b");
  h = history.redo(h);
  assert.equal(h.now, "d");
  h = history.step(h, "f");
  assert.equal(history.redo(h), null);
  assert.equal(history.undo(history.begin("a")), null);
  h = history.step(history.settled(history.step(history.begin("a"), "b", "x")), "c", "x");
  assert.equal(history.undo(h).now, "b", "left and come back to: another step");
});

class Storage extends Map {
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, value) { this.set(key, value); }
  removeItem(key) { this.delete(key); }
}

test("a draft comes back unless it was handed in or is what is shown", () => {
  const kept = new Storage();
  const shown = { name: "", tree: '{"all": []}', mode: "realtime" };
  draft.keep(kept, "k", { ...shown, tree: '{"all": [{"did": "A"}]}' });
  assert.equal(draft.recall(kept, "k", shown).tree, '{"all": [{"did": "A"}]}');
  draft.keep(kept, "k", { ...shown, name: "A", handedIn: true });
  assert.equal(draft.recall(kept, "k", shown), null);
  draft.keep(kept, "k", { ...shown, tree: '{\n "all": []}' });
  assert.equal(draft.recall(kept, "k", shown), null);
  kept.set("cadenza-segment:k", "{");
  assert.equal(draft.recall(kept, "k", shown), null);
  draft.drop(kept, "k");
  assert.equal(draft.recall({ getItem: () => { throw new Error("forbidden"); } }, "k", shown), null);
});

test("the kind says what it means", () => {
  assert.match(meaning({ mode: "realtime" }, "UTC"), /within seconds/);
  const monthly = meaning({ mode: "scheduled", every: "month", day: "31", hour: "6" }, "Europe/Riga");
  assert.equal(monthly, "Its people are found on the 31st of every month (the last day, where a month is shorter) at 06:00, Europe/Riga time. Between, nobody enters and nobody leaves.");
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 22].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd"]);
});

test("the search finds all words anywhere, and what begins with them first", () => {
  const groups = [
    { label: "Did", options: [{ value: "a", label: "viewed a page", hint: "Page Viewed" }, { value: "b", label: "bought", hint: "Order Completed" }] },
    { label: "Known", options: [{ value: "c", label: "page count" }] },
  ];
  assert.deepEqual(matching(groups, "page").map((one) => one.options.map(({ value }) => value)), [["c"], ["a"]]);
  assert.deepEqual(matching(groups, "page view").flatMap((one) => one.options.map(({ value }) => value)), ["a"]);
  assert.deepEqual(matching(groups, "order").flatMap((one) => one.options.map(({ value }) => value)), ["b"]);
  assert.deepEqual(matching(groups, "zzz"), []);
  assert.equal(spoken(groups, "b"), "bought");
  assert.equal(spoken([], "did:Moon Seen"), "did “Moon Seen”");
});

test("a refusal is marked at the deepest part that stands there", () => {
  const places = ["tree", "tree.all.1", "tree.all.1.where.0", "tree.all.10"];
  assert.equal(nearest("tree.all.1.where.0.at_least", places), "tree.all.1.where.0");
  assert.equal(nearest("tree.all.10.days", places), "tree.all.10");
  assert.equal(nearest("name", places), null);
});
