// The brackets of a condition tree as parts that have ids, and every way to change them.
// Pure: no page, no requests. A change gives a new tree and leaves the old one as it was.
// A part is a group {id, kind: "group", join, not, parts} or a condition {id, kind: "leaf", form, not, json}, whose JSON
// is kept as it came.

import { formOf, isObject, isUnfinished, NEW, renamed } from "./forms.js";

export class Unreadable extends Error {}

let last = 0;
const fresh = () => `p${++last}`;

// ── From JSON and back ──

// The outermost is always a group; `bare` remembers that there was none, and that none is to be written.
export function read(json) {
  const found = part(json, false);
  return found.kind === "group" ? found : { ...group("all", [found]), bare: true };
}

const isBracket = (json, key) => Object.keys(json).length === 1 && (key === "not" || Array.isArray(json[key]));

function part(json, not, depth = 0) {
  if (!isObject(json)) throw new Unreadable("This is not a condition.");
  if ("not" in json && isBracket(json, "not") && isObject(json.not)) return denied(json, not, depth);
  const join = ["all", "any"].find((key) => key in json);
  if (!join || !isBracket(json, join)) return leaf(json, not);
  if (!json[join].length && (depth || not)) return leaf(json, not);
  return group(join, json[join].map((one) => part(one, false, depth + 1)), not);
}

// Twice denied is kept as it came: what is inside a second `not` is one condition, shown as its sentence.
function denied(json, not, depth) {
  return not ? leaf(json, true) : part(json.not, true, depth);
}

export const leaf = (json, not = false) => ({ id: fresh(), kind: "leaf", form: formOf(json), not, json });
export const group = (join, parts, not = false) => ({ id: fresh(), kind: "group", join, not, parts });

const isBare = (root) => root.bare && root.parts.length === 1 && root.join === "all" && !root.not;

export function write(one) {
  if (isBare(one)) return write(one.parts[0]);
  if (one.kind === "group" && !one.parts.length) return { all: [] };
  const written = one.kind === "group" ? { [one.join]: one.parts.map(write) } : one.json;
  return one.not ? { not: written } : written;
}

// Where each part stands in the JSON that `write` makes, as the server names places: id → "tree.all.0".
export function places(root, at = "tree", found = new Map()) {
  const here = root.not && (root.kind === "leaf" || root.parts.length) ? `${at}.not` : at;
  found.set(root.id, here);
  if (isBare(root)) return places(root.parts[0], at, found);
  (root.parts ?? []).forEach((one, n) => places(one, `${here}.${root.join}.${n}`, found));
  return found;
}

export const unfinished = (one) => (one.kind === "group" ? one.parts.some(unfinished) : one.form !== "kept" && isUnfinished(one.json));

export const leaves = (one) => (one.kind === "group" ? one.parts.reduce((sum, inner) => sum + leaves(inner), 0) : 1);

// ── New conditions: a subject is "did:Order Completed", "attribute:city", "near:" … ──

export function subjectOf(one) {
  const named = { near: "", sequence: "", bucket: "", first: "", last: "", segment: "" };
  return `${one.form}:${named[one.form] ?? one.json[one.form]}`;
}

export function newLeaf(subject, kindOf) {
  const [form, name] = split(subject);
  return leaf(NEW[form](name, form === "attribute" ? kindOf(name) : ""));
}

// The same part about something else.
export function about(one, subject, kindOf) {
  const [form, name] = split(subject);
  if (form === one.form && form !== "attribute") return { json: renamed(one.json, form, name) };
  const { json, form: found } = newLeaf(subject, kindOf);
  return { json, form: found, not: false };
}

const split = (subject) => [subject.slice(0, subject.indexOf(":")), subject.slice(subject.indexOf(":") + 1)];

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

// A change of what stands at a path within JSON: put({where: [{}]}, ["where", 0], change).
export function put(json, path, change) {
  if (!path.length) return change(json);
  const [key, ...rest] = path;
  if (Array.isArray(json)) return json.map((one, n) => (n === Number(key) ? put(one, rest, change) : one));
  return { ...json, [key]: put(json[key], rest, change) };
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

export const opposite = (one) => ({ not: !one.not });
