// The thinking of <segment-builder>: a condition tree as parts that have ids, and every way to change it.
// Pure: no page, no requests. A change gives a new tree and leaves the old one as it was.
//
// A part is a group {join, not, parts}, an attribute {name, tests}, a did {event, how, times, most, days, where}
// or orders {measure, tests, days, category, status}; each has an id, a kind, and `not`.

export class Unreadable extends Error {}

let last = 0;
const fresh = () => `p${++last}`;

// ── What can be compared, in words ──
// input: what the value is typed into; fixed: the value is part of the words.

const known = [
  { key: "known", label: "is known", op: "is_set", fixed: true },
  { key: "unknown", label: "is not known", op: "is_set", fixed: false },
];
const texts = [
  { key: "is", label: "is", op: "is", input: "text" },
  { key: "is_not", label: "is not", op: "is_not", input: "text" },
  { key: "one_of", label: "is one of", op: "one_of", input: "texts" },
  { key: "contains", label: "contains", op: "contains", input: "text" },
  { key: "starts_with", label: "starts with", op: "starts_with", input: "text" },
];
const bare = (all) => all.map((one) => ({ ...one, label: one.label.replace(/^is /, "") }));
const order = [
  { key: "at_least", label: "is at least", op: "at_least", input: "number" },
  { key: "at_most", label: "is at most", op: "at_most", input: "number" },
  { key: "more_than", label: "is more than", op: "more_than", input: "number" },
  { key: "less_than", label: "is less than", op: "less_than", input: "number" },
];
const equal = { key: "is", label: "is exactly", op: "is", input: "number" };
const numbers = [
  ...order,
  equal,
  { key: "is_not", label: "is not", op: "is_not", input: "number" },
  { key: "one_of", label: "is one of", op: "one_of", input: "numbers" },
];

export const CHOICES = {
  text: [...texts, ...known],
  number: [...numbers, ...known],
  flag: [
    { key: "yes", label: "is yes", op: "is", fixed: true },
    { key: "no", label: "is no", op: "is", fixed: false },
    { key: "not_yes", label: "is not yes", op: "is_not", fixed: true },
    { key: "not_no", label: "is not no", op: "is_not", fixed: false },
    ...known,
  ],
  time: [
    { key: "days_ago_at_most", label: "is in the last", op: "days_ago_at_most", input: "days" },
    { key: "days_ago_at_least", label: "is at least", op: "days_ago_at_least", input: "days", after: "days ago" },
    { key: "before", label: "is before", op: "before", input: "date" },
    { key: "after", label: "is after", op: "after", input: "date" },
    { key: "is", label: "is on", op: "is", input: "date" },
    ...known,
  ],
  presence: known,
  // What orders come to: "ordered at least 2 times", "spent more than 100", "whose average order is at least 50".
  count: [...bare([...order, equal]), { key: "never", label: "never", op: "at_most", fixed: 0 }],
  sum: bare([...order, equal]),
  average: [...order, equal],
};

const FIRST = { number: "at_least", time: "days_ago_at_most" };
const EMPTY = { text: "", date: "", number: null, days: 30, texts: [], numbers: [] };

export function choiceOf(kind, test) {
  const choices = CHOICES[kind] ?? CHOICES.text;
  return (
    choices.find((one) => one.op === test.op && "fixed" in one && one.fixed === test.value) ??
    choices.find((one) => one.op === test.op && !("fixed" in one)) ??
    Object.values(CHOICES).flat().find((one) => one.op === test.op && !("fixed" in one)) ??
    choices[0]
  );
}

export function testOf(kind, key, before) {
  const choices = CHOICES[kind] ?? CHOICES.text;
  const choice = choices.find((one) => one.key === key) ?? choices[0];
  if ("fixed" in choice) return { op: choice.op, value: choice.fixed };
  const had = before && choiceOf(kind, before);
  if (had?.key === "never") return { op: choice.op, value: 1 };
  if (had && had.input === choice.input) return { op: choice.op, value: before.value };
  if (had && before.value !== null && before.value !== "") {
    if (choice.input === `${had.input}s`) return { op: choice.op, value: [before.value] };
    if (had.input === `${choice.input}s` && before.value.length) return { op: choice.op, value: before.value[0] };
  }
  return { op: choice.op, value: structuredClone(EMPTY[choice.input]) };
}

export const firstTest = (kind) => testOf(kind, FIRST[kind] ?? (CHOICES[kind] ?? CHOICES.text)[0].key);

// What was typed as the value that it means; what is no number stays text, so that the server can say so.
export function typed(input, text) {
  if (input !== "number" && input !== "days" && input !== "numbers") return text;
  if (text.trim() === "") return null;
  const found = Number(text);
  return Number.isFinite(found) ? found : text;
}

// The kind of comparison that an event's property needs: as it was seen, else as its values are.
export function propertyKind(where, seen) {
  const told = where.tests.some(({ op, value }) => NUMERIC.has(op) || typeof [value].flat()[0] === "number");
  if (told) return "number";
  if (where.tests.some(({ value }) => typeof [value].flat()[0] === "string" && value.length)) return "text";
  return seen === "number" ? "number" : "text";
}
const NUMERIC = new Set(["at_least", "at_most", "more_than", "less_than"]);

// ── From JSON and back ──

const OPS = new Set(Object.values(CHOICES).flat().map((one) => one.op));

export function read(json) {
  const found = part(json, false);
  return found.kind === "group" ? found : group("all", [found]);
}

function part(json, not) {
  if (json === null || typeof json !== "object" || Array.isArray(json)) throw new Unreadable("This is not a condition.");
  if ("not" in json) return only(json, ["not"]) && part(json.not, !not);
  for (const join of ["all", "any"]) {
    if (Array.isArray(json[join])) return only(json, [join]) && group(join, json[join].map((one) => part(one, false)), not);
  }
  if (typeof json.attribute === "string") return { ...leaf("attribute", not), name: json.attribute, tests: tests(json, ["attribute"]) };
  if (typeof json.did === "string") return did(json, not);
  if (typeof json.orders === "string") return orders(json, not);
  throw new Unreadable("This is not a condition.");
}

const leaf = (kind, not) => ({ id: fresh(), kind, not });

function only(json, keys) {
  const odd = Object.keys(json).find((key) => !keys.includes(key));
  if (odd) throw new Unreadable(`“${odd}” has no meaning here.`);
  return true;
}

function tests(json, others) {
  const found = Object.entries(json).filter(([key]) => !others.includes(key));
  const odd = found.find(([key]) => !OPS.has(key));
  if (odd || !found.length) throw new Unreadable(odd ? `“${odd[0]}” has no meaning here.` : "Nothing is compared here.");
  return found.map(([op, value]) => ({ op, value }));
}

function did(json, not) {
  only(json, ["did", "times", "at_most", "days", "where"]);
  const times = json.times ?? 1;
  const most = json.at_most ?? null;
  const how =
    most === null ? (times !== 1 ? "least" : not ? "never" : "some") : times === most ? "exactly" : times === 0 ? "most" : "between";
  if (!Array.isArray(json.where ?? [])) throw new Unreadable("`where` must be a list.");
  const where = (json.where ?? []).map((one) => ({ id: fresh(), property: String(one?.property ?? ""), tests: tests(one ?? {}, ["property"]) }));
  return { ...leaf("did", not && how !== "never"), event: json.did, how, times: Math.max(times, how === "most" ? 1 : times), most, days: json.days ?? null, where };
}

function orders(json, not) {
  const others = ["orders", "days", "category", "status"];
  return { ...leaf("orders", not), measure: json.orders, tests: tests(json, others), days: json.days ?? null, category: json.category ?? null, status: json.status ?? null };
}

export function write(one) {
  const written = WRITE[one.kind](one);
  return negated(one) ? { not: written } : written;
}

const negated = (one) => (one.not && !(one.kind === "group" && !one.parts.length)) || one.how === "never";
const compared = (all) => Object.fromEntries(all.map(({ op, value }) => [op, value]));
const given = (pairs) => Object.fromEntries(Object.entries(pairs).filter(([, value]) => value !== null && value !== undefined));

const WRITE = {
  group: (one) => (one.parts.length ? { [one.join]: one.parts.map(write) } : { all: [] }),
  attribute: (one) => ({ attribute: one.name, ...compared(one.tests) }),
  orders: (one) => ({ orders: one.measure, ...compared(one.tests), ...given({ days: one.days, category: one.category, status: one.status }) }),
  did: (one) => ({
    did: one.event,
    ...TIMES[one.how](one),
    ...given({ days: one.days }),
    ...(one.where.length ? { where: one.where.map(({ property, tests: all }) => ({ property, ...compared(all) })) } : {}),
  }),
};

const TIMES = {
  some: () => ({}),
  never: () => ({}),
  least: ({ times }) => ({ times }),
  exactly: ({ times }) => ({ times, at_most: times }),
  most: ({ most }) => ({ times: 0, at_most: most }),
  between: ({ times, most }) => ({ times, at_most: most }),
};

// Where each part stands in the JSON that `write` makes, as the server names places: id → "tree.all.0".
export function places(root, at = "tree", found = new Map()) {
  const here = negated(root) ? `${at}.not` : at;
  found.set(root.id, here);
  (root.parts ?? []).forEach((one, n) => places(one, `${here}.${root.join}.${n}`, found));
  (root.where ?? []).forEach((one, n) => found.set(one.id, `${here}.where.${n}`));
  return found;
}

// Is there a value that was not filled in yet?
export function unfinished(one) {
  if (one.kind === "group") return one.parts.some(unfinished);
  const blank = (value) => value === "" || value === null || (Array.isArray(value) && !value.length);
  const counts = one.kind === "did" && { some: [], never: [], least: [one.times], exactly: [one.times], most: [one.most], between: [one.times, one.most] }[one.how];
  const all = one.kind === "did" ? one.where.flatMap((where) => [{ value: where.property }, ...where.tests]) : one.tests;
  return all.some(({ value }) => blank(value)) || (counts || []).some(blank) || one.days === "";
}

// ── New parts ──

export const group = (join, parts, not = false) => ({ id: fresh(), kind: "group", join, not, parts });
export const newDid = (event) => ({ ...leaf("did", false), event, how: "some", times: 1, most: null, days: null, where: [] });
export const newAttribute = (name, kind) => ({ ...leaf("attribute", false), name, tests: [firstTest(kind)] });
const LEAST = { count: 1, sum: 100, average: 50 };
export const newOrders = (measure) => ({
  ...leaf("orders", false), measure, tests: [{ op: "at_least", value: LEAST[measure] ?? 1 }], days: null, category: null, status: null,
});
export const newWhere = (property, kind) => ({ id: fresh(), property, tests: [firstTest(kind)] });

// ── Changes ──

export function find(root, id) {
  if (root.id === id) return root;
  for (const one of root.parts ?? []) {
    const found = find(one, id);
    if (found) return found;
  }
  return null;
}

export function parentOf(root, id) {
  if ((root.parts ?? []).some((one) => one.id === id)) return root;
  for (const one of root.parts ?? []) {
    const found = parentOf(one, id);
    if (found) return found;
  }
  return null;
}

export function changed(root, id, change) {
  if (root.id === id) return { ...root, ...(typeof change === "function" ? change(root) : change) };
  return root.parts ? { ...root, parts: root.parts.map((one) => changed(one, id, change)) } : root;
}

const within = (root, id, parts) => changed(root, id, (one) => ({ parts: parts(one.parts) }));

// Groups that lost their last part go too; the outermost stays.
const pruned = (root) => ({
  ...root,
  parts: root.parts.map((one) => (one.kind === "group" ? pruned(one) : one)).filter((one) => one.kind !== "group" || one.parts.length),
});

export const added = (root, into, one) => within(root, into, (parts) => [...parts, one]);

export function without(root, id) {
  const parent = parentOf(root, id);
  if (!parent) return { root, focus: root.id };
  const at = parent.parts.findIndex((one) => one.id === id);
  const next = parent.parts[at + 1] ?? parent.parts[at - 1] ?? null;
  const left = pruned(within(root, parent.id, (parts) => parts.filter((one) => one.id !== id)));
  const outer = parentOf(root, parent.id) ?? root;
  return { root: left, focus: next ? next.id : find(left, parent.id) ? parent.id : outer.id };
}

export function copied(one) {
  const copy = { ...structuredClone(one), id: fresh() };
  if (copy.parts) copy.parts = copy.parts.map(copied);
  if (copy.where) copy.where = copy.where.map((where) => ({ ...where, id: fresh() }));
  return copy;
}

export function duplicated(root, id) {
  const parent = parentOf(root, id);
  if (!parent) return { root, focus: id };
  const copy = copied(find(root, id));
  return { root: within(root, parent.id, (parts) => parts.flatMap((one) => (one.id === id ? [one, copy] : [one]))), focus: copy.id };
}

// One step up (-1) or down (1): past a condition, into a group, and out of it at its edge.
export function moved(root, id, step) {
  const parent = parentOf(root, id);
  if (!parent) return root;
  const at = parent.parts.findIndex((one) => one.id === id);
  const one = parent.parts[at];
  const neighbour = parent.parts[at + step];
  const taken = within(root, parent.id, (parts) => parts.filter((other) => other.id !== id));
  if (neighbour?.kind === "group") return pruned(within(taken, neighbour.id, (parts) => (step > 0 ? [one, ...parts] : [...parts, one])));
  if (neighbour) return within(taken, parent.id, (parts) => parts.toSpliced(at + step, 0, one));
  const outer = parentOf(root, parent.id);
  if (!outer) return root;
  const place = outer.parts.findIndex((other) => other.id === parent.id) + (step > 0 ? 1 : 0);
  return pruned(within(taken, outer.id, (parts) => parts.toSpliced(place, 0, one)));
}

export function wrapped(root, id) {
  const parent = parentOf(root, id);
  if (!parent) return { root, focus: id };
  const around = group(parent.join === "all" ? "any" : "all", []);
  return {
    root: within(root, parent.id, (parts) => parts.map((one) => (one.id === id ? { ...around, parts: [one] } : one))),
    focus: id,
  };
}

// The parts of a group take its place.
export function unwrapped(root, id) {
  const parent = parentOf(root, id);
  const gone = find(root, id);
  if (!parent || gone.kind !== "group") return root;
  return within(root, parent.id, (parts) => parts.flatMap((one) => (one.id === id ? gone.parts : [one])));
}

export function opposite(one) {
  if (one.kind === "did" && !one.not && (one.how === "some" || one.how === "never")) return { how: one.how === "some" ? "never" : "some" };
  return { not: !one.not };
}

export const leaves = (one) => (one.kind === "group" ? one.parts.reduce((sum, inner) => sum + leaves(inner), 0) : 1);
