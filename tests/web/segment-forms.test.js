// Every form of a condition in the golden files can be shown by the builder, and is written as it was read.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { formOf, howOf, isUnfinished, NEW, often, saysNot } from "../../cadenza/web/static/cadenza/segments/forms.js";
import { subjects } from "../../cadenza/web/static/cadenza/segments/subjects.js";
import * as tree from "../../cadenza/web/static/cadenza/segments/tree.js";

const GOLDEN = new URL("../golden/segments/", import.meta.url);
const TREES = readdirSync(GOLDEN).flatMap((file) =>
  [...readFileSync(new URL(file, GOLDEN), "utf8").matchAll(/```json\n(.*?)```/gs)].flatMap(([, json]) => JSON.parse(json)).map((json) => [file, json]),
);
const leavesOf = (one) => (one.kind === "group" ? one.parts.flatMap(leavesOf) : [one]);

test("the golden files hold every form", () => {
  const forms = new Set(TREES.flatMap(([, json]) => leavesOf(tree.read(json))).map((one) => one.form));
  const all = ["attribute", "did", "first", "last", "sequence", "orders", "list", "message", "subscription", "near", "bucket"];
  assert.deepEqual(all.filter((form) => !forms.has(form)), []);
});

for (const [file, json] of TREES) {
  test(`${file}: ${JSON.stringify(json)}`, () => {
    const root = tree.read(json);
    assert.deepEqual(tree.write(root), json);
    assert.equal(JSON.stringify(tree.write(root)), JSON.stringify(json), "the order of keys too");
    assert.deepEqual(leavesOf(root).filter((one) => one.form === "kept"), []);
    assert.ok(!tree.unfinished(root));
  });
}

// What docs/segments.md says and no golden file shows.
const FURTHER = [
  { identifier: "external_id", is_set: false }, { segment: "018f0000-0000-7000-8000-000000000009" },
  { message: "clicked", campaign: "018f0000-0000-7000-8000-000000000009", channel: "sms", since: "2030-01-01" },
  { subscription: "newsletter" }, { bucket: "spring" }, { last: "A", having: [{ property: "x", is: true }], first_days: "ever" },
  { did: "A", times: 2, at_most: 5, in: "last_month", near: { latitude: 1, longitude: 2, km: 3 } }, { orders: "smallest", is: 5, status: "paid", product: "p1" },
  { attribute: "born", is: "2020-01-31T15:00:00+02:00" }, { orders: "first", before: "2030-01-01", after: "2029-01-01" }, { did: "A", until: "2030-01-31" },
];
for (const json of FURTHER) {
  test(`shown too: ${JSON.stringify(json)}`, () => {
    assert.notEqual(formOf(json), "kept");
    assert.deepEqual(tree.write(tree.read(json)), json);
  });
}

test("every subject of the picker makes a condition that can be shown", () => {
  const told = {
    events: [{ name: "Order Completed", phrase: "bought" }, { name: "Email Opened", phrase: "opened an e-mail" }],
    fields: ["text", "number", "flag", "time", "presence", "list"].map((kind) => ({ name: kind, label: kind, kind, covered: true })),
    topics: [{ key: "newsletter", title: "Newsletter" }], identifiers: [{ kind: "external_id", label: "customer number" }],
  };
  const all = subjects(told).flatMap(({ options }) => options);
  assert.equal(new Set(all.map((one) => one.value)).size, all.length);
  for (const { value } of all) {
    const one = tree.newLeaf(value, (name) => name);
    assert.notEqual(one.form, "kept", value);
    const again = tree.subjectOf(one);
    assert.ok(again === value || value.startsWith(again.split(":")[0]), value);
  }
  assert.deepEqual(Object.keys(NEW).filter((form) => !all.some(({ value }) => value.startsWith(`${form}:`))), []);
});

test("how often is said both ways", () => {
  const ways = {
    some: [{ did: "A" }, false], never: [{ did: "A" }, true], least: [{ did: "A", times: 3 }, false], exactly: [{ did: "A", times: 3, at_most: 3 }, false],
    most: [{ did: "A", times: 0, at_most: 3 }, false], between: [{ did: "A", times: 3, at_most: 4 }, false],
  };
  for (const [how, [json, not]] of Object.entries(ways)) {
    assert.equal(howOf({ json, not }), how);
    for (const [next] of Object.entries(ways)) assert.equal(howOf(often({ json, not }, next)), next, `${how} → ${next}`);
  }
  assert.deepEqual(often({ json: { did: "A", where: [], days: 3 } }, "exactly").json, { did: "A", times: 1, at_most: 1, where: [], days: 3 });
});

test("“never” needs no “not” before it, other denied conditions do", () => {
  const leaf = (json) => tree.leaf(json, true);
  assert.ok(!saysNot(leaf({ did: "A" })));
  assert.ok(saysNot(leaf({ did: "A", times: 2 })));
  assert.ok(saysNot(leaf({ attribute: "x", is: "y" })));
  assert.ok(!saysNot(leaf({ segment: "x" })), "the sentence says “is not in”");
});

test("an empty list of details is nothing to fill in", () => {
  assert.ok(!isUnfinished({ did: "A", where: [], having: [] }));
  assert.ok(isUnfinished({ attribute: "x", contains_any: [] }));
});
