// The thinking of the segment builder: trees that are read, changed and written again.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as tree from "../../cadenza/web/static/cadenza/segment-tree.js";

const BOUGHT = { did: "Order Completed", times: 2, days: 90 };
const GERMAN = { attribute: "country", is: "DE" };

const TREES = [
  { all: [] },
  { all: [BOUGHT, GERMAN] },
  { all: [{ not: { did: "Order Completed", days: 30 } }] },
  { all: [{ not: GERMAN }] },
  { all: [{ not: BOUGHT }] },
  { any: [GERMAN, { attribute: "score", at_least: 5, less_than: 10 }] },
  { not: { any: [GERMAN, BOUGHT] } },
  { not: { all: [GERMAN, BOUGHT] } },
  { all: [{ any: [GERMAN, { all: [BOUGHT] }] }, { not: { any: [GERMAN] } }] },
  { all: [{ did: "A", times: 0, at_most: 3 }] },
  { all: [{ did: "A", times: 2, at_most: 2 }] },
  { all: [{ did: "A", times: 1, at_most: 4 }] },
  { all: [{ did: "A", where: [{ property: "category", is: "Bikes" }, { property: "price", at_least: 100 }, { property: "new", is: true }] }] },
  { all: [{ orders: "count", at_most: 0, days: 180 }] },
  { all: [{ orders: "sum", at_least: 99.5, days: 365, category: "Bikes", status: "delivered" }] },
  { all: [{ attribute: "city", one_of: ["Riga", "Rīga, LV"] }, { attribute: "born", before: "2000-01-01" }, { attribute: "vip", is_not: true }] },
];

for (const json of TREES) {
  test(`what is read is written as it was: ${JSON.stringify(json)}`, () => {
    assert.deepEqual(tree.write(tree.read(json)), json);
  });
}

test("one condition alone gets a group around it", () => {
  assert.deepEqual(tree.write(tree.read(GERMAN)), { all: [GERMAN] });
});

test("not of not is said plainly", () => {
  assert.deepEqual(tree.write(tree.read({ all: [{ not: { not: GERMAN } }] })), { all: [GERMAN] });
});

for (const odd of [null, 7, [], "all", {}, { all: 5 }, { did: "A", day: 3 }, { attribute: "x" }, { attribute: "x", like: "y" }, { all: [], more: 1 }]) {
  test(`what the builder cannot show is left to the server: ${JSON.stringify(odd)}`, () => {
    assert.throws(() => tree.read(odd), tree.Unreadable);
  });
}

test("places are named as the server names them", () => {
  const root = tree.read({ all: [{ any: [GERMAN, { not: { did: "A", where: [{ property: "x", is: "y" }] } }] }] });
  const inner = root.parts[0].parts[1];
  const places = tree.places(root);
  assert.equal(places.get(root.parts[0].parts[0].id), "tree.all.0.any.0");
  assert.equal(places.get(inner.id), "tree.all.0.any.1.not");
  assert.equal(places.get(inner.where[0].id), "tree.all.0.any.1.not.where.0");
});

test("a removed condition hands the focus to its neighbour, and an empty group goes with it", () => {
  const root = tree.read({ all: [GERMAN, { any: [BOUGHT] }] });
  const removed = tree.without(root, root.parts[1].parts[0].id);
  assert.deepEqual(tree.write(removed.root), { all: [GERMAN] });
  assert.equal(removed.focus, root.id);
  const first = tree.without(root, root.parts[0].id);
  assert.equal(first.focus, root.parts[1].id);
  assert.deepEqual(tree.write(root), { all: [GERMAN, { any: [BOUGHT] }] }, "the old tree is as it was");
});

test("moving goes past, into and out of groups, and stops at the edge", () => {
  let root = tree.read({ all: [GERMAN, { any: [BOUGHT] }, { attribute: "city", is: "Riga" }] });
  const { id } = root.parts[0];
  const seen = [];
  for (let step = 0; step < 5; step += 1) {
    root = tree.moved(root, id, 1);
    seen.push(JSON.stringify(tree.write(root)).replaceAll(/\{"attribute":"(\w+)"[^}]*\}|\{"did"[^}]*\}/g, (_, name) => name ?? "did"));
  }
  assert.deepEqual(seen, [
    '{"all":[{"any":[country,did]},city]}',
    '{"all":[{"any":[did,country]},city]}',
    '{"all":[{"any":[did]},country,city]}',
    '{"all":[{"any":[did]},city,country]}',
    '{"all":[{"any":[did]},city,country]}',
  ]);
});

test("a copy has ids of its own, all the way down", () => {
  const root = tree.read({ all: [{ any: [GERMAN, { did: "A", where: [{ property: "x", is: "y" }] }] }] });
  const { root: twice, focus } = tree.duplicated(root, root.parts[0].id);
  assert.deepEqual(tree.write(twice).all[0], tree.write(twice).all[1]);
  const ids = [...tree.places(twice).keys()];
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(twice.parts[1].id, focus);
});

test("a condition is put into a group and a group dissolved", () => {
  const root = tree.read({ all: [GERMAN, BOUGHT] });
  const { root: wrapped } = tree.wrapped(root, root.parts[1].id);
  assert.deepEqual(tree.write(wrapped), { all: [GERMAN, { any: [BOUGHT] }] });
  assert.deepEqual(tree.write(tree.unwrapped(wrapped, wrapped.parts[1].id)), { all: [GERMAN, BOUGHT] });
});

test("the opposite of the opposite is the same", () => {
  for (const json of [{ did: "A" }, BOUGHT, GERMAN]) {
    const root = tree.read(json);
    const { id } = root.parts[0];
    const once = tree.changed(root, id, tree.opposite);
    assert.deepEqual(tree.write(once), { all: [{ not: json }] });
    assert.deepEqual(tree.write(tree.changed(once, id, tree.opposite)), { all: [json] });
  }
});

test("another comparison keeps the value where it fits", () => {
  assert.deepEqual(tree.testOf("text", "contains", { op: "is", value: "Riga" }), { op: "contains", value: "Riga" });
  assert.deepEqual(tree.testOf("text", "one_of", { op: "is", value: "Riga" }), { op: "one_of", value: ["Riga"] });
  assert.deepEqual(tree.testOf("text", "is", { op: "one_of", value: ["Riga", "Oslo"] }), { op: "is", value: "Riga" });
  assert.deepEqual(tree.testOf("number", "unknown", { op: "at_least", value: 5 }), { op: "is_set", value: false });
  assert.deepEqual(tree.testOf("count", "at_least", { op: "at_most", value: 0 }), { op: "at_least", value: 1 });
});

test("never is at most none, and another number is a number", () => {
  assert.equal(tree.choiceOf("count", { op: "at_most", value: 0 }).key, "never");
  assert.equal(tree.choiceOf("count", { op: "at_most", value: 3 }).key, "at_most");
  assert.equal(tree.choiceOf("flag", { op: "is", value: false }).key, "no");
});

test("what is typed is a number where one is asked, and otherwise stays what it is", () => {
  assert.equal(tree.typed("number", " 12.5 "), 12.5);
  assert.equal(tree.typed("number", "twelve"), "twelve");
  assert.equal(tree.typed("number", ""), null);
  assert.equal(tree.typed("text", "12"), "12");
});

test("a property is compared as it was seen, unless its values say otherwise", () => {
  assert.equal(tree.propertyKind({ tests: [{ op: "is", value: "" }] }, "number"), "number");
  assert.equal(tree.propertyKind({ tests: [{ op: "is", value: "5" }] }, "number"), "text");
  assert.equal(tree.propertyKind({ tests: [{ op: "at_least", value: null }] }, "text"), "number");
});

test("a value that was not filled in is noticed, wherever it is missing", () => {
  assert.ok(tree.unfinished(tree.read({ all: [{ any: [{ attribute: "city", is: "" }] }] })));
  assert.ok(tree.unfinished(tree.read({ all: [{ did: "A", where: [{ property: "", is: "x" }] }] })));
  assert.ok(tree.unfinished(tree.read({ all: [{ attribute: "city", one_of: [] }] })));
  assert.ok(!tree.unfinished(tree.read({ all: [BOUGHT, { attribute: "vip", is: false }, { orders: "count", at_most: 0 }] })));
});
