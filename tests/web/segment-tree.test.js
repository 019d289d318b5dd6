// The thinking of the segment builder: trees that are read, changed and written again.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as tree from "../../cadenza/web/static/cadenza/segments/tree.js";

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

test("one condition alone is shown in a group, and written as it came until a second joins it", () => {
  const root = tree.read(GERMAN);
  assert.deepEqual(tree.write(root), GERMAN);
  assert.equal(tree.places(root).get(root.parts[0].id), "tree");
  const two = tree.added(root, root.id, tree.newLeaf("did:A"));
  assert.deepEqual(tree.write(two), { all: [GERMAN, { did: "A" }] });
  assert.equal(tree.places(two).get(root.parts[0].id), "tree.all.0");
  assert.deepEqual(tree.write(tree.changed(root, root.id, { join: "any", not: true })), { not: { any: [GERMAN] } });
});

for (const odd of [null, 7, [], "all", { all: [7] }, { not: { all: [null] } }]) {
  test(`what is no condition is left to the server: ${JSON.stringify(odd)}`, () => {
    assert.throws(() => tree.read(odd), tree.Unreadable);
  });
}

const STRANGE = [
  {}, { all: 5 }, { did: "A", day: 3 }, { attribute: "x" }, { attribute: "x", like: "y" }, { all: [], more: 1 }, { not: 5 },
  { not: { not: GERMAN } }, { not: { all: [] } }, { any: [GERMAN, { all: [] }] }, { did: "A", days: 3, hours: 4 }, { moon: "full" },
  { attribute: "x", is: { y: 1 } }, { sequence: [{ did: "A", did_not: "B" }] }, { message: "eaten" }, { did: "A", where: [{ is: "x" }] },
];

for (const json of STRANGE) {
  test(`what the builder cannot show is kept as it came: ${JSON.stringify(json)}`, () => {
    const root = tree.read({ all: [GERMAN, json] });
    const wrapped = tree.wrapped(root, root.parts[1].id).root;
    assert.deepEqual(tree.write(tree.read({ all: [GERMAN, json] })), { all: [GERMAN, json] });
    assert.deepEqual(tree.write(tree.read(json)), json);
    assert.deepEqual(tree.write(wrapped), { all: [GERMAN, { any: [json] }] });
    assert.equal(tree.unfinished(tree.read({ all: [GERMAN, json] })), false);
  });
}

test("places are named as the server names them", () => {
  const root = tree.read({ all: [{ any: [GERMAN, { not: { did: "A", where: [{ property: "x", is: "y" }] } }] }] });
  const inner = root.parts[0].parts[1];
  const places = tree.places(root);
  assert.equal(places.get(root.parts[0].parts[0].id), "tree.all.0.any.0");
  assert.equal(places.get(inner.id), "tree.all.0.any.1.not");
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
    const root = tree.read({ all: [json] });
    const { id } = root.parts[0];
    const once = tree.changed(root, id, tree.opposite);
    assert.deepEqual(tree.write(once), { all: [{ not: json }] });
    assert.deepEqual(tree.write(tree.changed(once, id, tree.opposite)), { all: [json] });
  }
});

test("a value that was not filled in is noticed, wherever it is missing", () => {
  const open = [
    { any: [{ attribute: "city", is: "" }] }, { did: "A", where: [{ property: "", is: "x" }] }, { attribute: "city", one_of: [] },
    { near: { latitude: "", longitude: 1, km: 10 } }, { segment: "" }, { sequence: [{ did: "A" }, { did: "B", within_days: "" }] },
    { did: "A", on: [] }, { did: "A", days: "" }, { subscription: "news", one_of: [] },
  ];
  for (const json of open) assert.ok(tree.unfinished(tree.read({ all: [json] })), JSON.stringify(json));
  const whole = { all: [BOUGHT, { attribute: "vip", is: false }, { orders: "count", at_most: 0 }, { did: "A", where: [] }] };
  assert.ok(!tree.unfinished(tree.read(whole)));
});

test("about something else: of the same form what fits is kept, another form begins anew", () => {
  const kindOf = () => "text";
  const about = (json, subject) => tree.about(tree.read({ all: [json] }).parts[0], subject, kindOf).json;
  assert.deepEqual(about({ ...BOUGHT, where: [{ property: "x", is: "y" }] }, "did:Cart Viewed"), { did: "Cart Viewed", times: 2, days: 90 });
  assert.deepEqual(about({ orders: "sum", at_least: 5, days: 3 }, "orders:average"), { orders: "average", at_least: 5, days: 3 });
  assert.deepEqual(about({ orders: "sum", at_least: 5, brand: "Acme" }, "orders:last"), { orders: "last", days_ago_at_least: 90, brand: "Acme" });
  assert.deepEqual(about({ message: "left_out", reason: "erased", campaign: "c" }, "message:opened"), { message: "opened", campaign: "c" });
  assert.deepEqual(about({ list: "cart", at_least: 2 }, "list:wishlist"), { list: "wishlist", at_least: 2 });
  assert.deepEqual(about(BOUGHT, "attribute:city"), { attribute: "city", is: "" });
});

test("a change within the JSON leaves everything else as it was", () => {
  const json = { did: "A", where: [{ property: "x", is: "y" }, { property: "z", is: 1 }], days: 3 };
  const next = tree.put(json, ["where", 1], (one) => ({ ...one, is: 2 }));
  assert.deepEqual(next, { did: "A", where: [{ property: "x", is: "y" }, { property: "z", is: 2 }], days: 3 });
  assert.equal(next.where[0], json.where[0]);
  assert.equal(json.where[1].is, 1);
});
