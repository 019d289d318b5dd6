// Brackets and what stands in them: "people who match all of these", the conditions with their buttons, what adds more.

import { el, word } from "./dom.js";
import { drawLeaf } from "./draw-forms.js";
import { saysNot } from "./forms.js";
import { Spot } from "./spot.js";
import { spoken } from "./subjects.js";
import * as tree from "./tree.js";

const JOINS = [
  { value: "all", label: "all", join: "all", not: false },
  { value: "any", label: "at least one", join: "any", not: false },
  { value: "none", label: "none", join: "any", not: true },
  { value: "notall", label: "not all", join: "all", not: true },
];
const HEAD = ["What is asked", "How many must hold"];

export function drawGroup(builder, one, depth = 0) {
  const { tools } = builder;
  const now = JOINS.find((join) => join.join === one.join && join.not === one.not);
  const pick = (value) => {
    const { join, not } = JOINS.find((found) => found.value === value);
    builder.edit(one.id, { join, not }, { focus: `${one.id}:join` });
  };
  const label = depth ? `${HEAD[1]} of this group` : HEAD[1];
  const join = tools.select({ key: `${one.id}:join`, label, value: now.value, options: JOINS, at: builder.places.get(one.id), strong: true }, pick);
  const head = el("div", { class: "group-head" }, word(depth ? "match" : "People who match"), join, word("of these"), depth ? actions(builder, one) : null);
  const parts = one.parts.map((inner, n) => drawPart(builder, inner, n, one, depth + 1));
  const empty = one.parts.length ? null : el("p", { class: "builder-empty" }, "No condition yet: this is everyone you know.");
  return el("div", { class: "clause-group", "data-join": one.join, "data-part": one.id, "data-at": builder.places.get(one.id), role: "group", "aria-label": depth ? "Group of conditions" : "Conditions" },
    head, parts, empty, adders(builder, one));
}

const joinerOf = (parent, n) => (n ? el("span", { class: "joiner" }, parent.join === "all" ? "and" : "or") : null);

function drawPart(builder, one, n, parent, depth) {
  const joiner = joinerOf(parent, n);
  if (one.kind === "group") return el("div", { class: "part nested" }, joiner, drawGroup(builder, one, depth));
  const spot = new Spot(builder, one);
  const { words, lines = [] } = drawLeaf(builder, one, spot, subject(builder, one));
  return el("div", { class: "clause part", role: "group", "aria-label": `Condition ${n + 1} of ${parent.parts.length}`, "data-part": one.id, "data-at": builder.places.get(one.id), "data-form": one.form },
    el("div", { class: "clause-words" }, joiner, negation(builder, one), words), actions(builder, one), lines);
}

function negation(builder, one) {
  if (!saysNot(one)) return null;
  const undo = builder.tools.button({ label: "Take “not” away", icon: "x", key: `${one.id}:not` }, () => builder.edit(one.id, { not: false }, { focus: `${one.id}:subject` }));
  return el("span", { class: "token" }, "not", undo);
}

function subject(builder, one) {
  if (one.form === "kept") return null;
  const value = tree.subjectOf(one);
  const text = one.form === "segment" ? "the segment" : spoken(builder.groups, value);
  return builder.tools.chooser({ key: `${one.id}:subject`, label: HEAD[0], text, at: `${builder.places.get(one.id)}.${one.form}`, value, groups: builder.groups, free: didOf(builder) }, (picked) => {
    builder.edit(one.id, (now) => tree.about(now, named(picked), builder.kindOf), { focus: `${one.id}:subject` });
  });
}

// What is typed and not listed is an event that was not seen yet.
const didOf = () => (typed) => `did “${typed}”, not seen yet`;
const FORMS = /^(attribute|did|first|last|sequence|orders|list|message|subscription|identifier|segment|near|bucket):/;
const named = (picked) => (FORMS.test(picked) ? picked : `did:${picked}`);

// ── Adding ──

function adders(builder, one) {
  const add = adder(builder, one, "add", "Condition", !one.parts.length, (part) => {
    builder.take(tree.added(builder.root, one.id, part), { focus: part.id, say: "Condition added." });
  });
  const nest = adder(builder, one, "nest", "Group", false, (part) => {
    const around = tree.group(one.join === "all" ? "any" : "all", [part]);
    builder.take(tree.added(builder.root, one.id, around), { focus: part.id, say: "Group added." });
  });
  return el("div", { class: "row builder-adders" }, add, nest);
}

function adder(builder, one, name, text, strong, pick) {
  const label = `Add a ${text.toLowerCase()}`;
  const made = builder.tools.button({ label, icon: "plus", text, key: `${one.id}:${name}`, primary: strong, "aria-haspopup": "dialog", "aria-expanded": "false" }, () => {
    builder.tools.picker.open({ anchor: made, label: HEAD[0], groups: builder.groups, free: didOf(builder) }, (picked) => pick(tree.newLeaf(named(picked), builder.kindOf)));
  });
  return made;
}

// ── Everything else that can be done with a part ──

function actions(builder, one) {
  const key = `${one.id}:menu`;
  const isGroup = one.kind === "group";
  const own = isGroup
    ? [["layers", "Dissolve the group", () => builder.take(tree.unwrapped(builder.root, one.id), { focus: one.parts[0].id, say: "Group dissolved." })]]
    : [
        ["split", "Turn into the opposite", () => builder.edit(one.id, tree.opposite, { focus: key, say: "Turned into the opposite." })],
        ["layers", "Put into a group", () => builder.take(tree.wrapped(builder.root, one.id).root, { focus: one.id, say: "Put into a group." })],
      ];
  const acts = [
    ["copy", "Duplicate", () => duplicate(builder, one)],
    ["arrow-up", "Move up", () => move(builder, one.id, -1, key)],
    ["arrow-down", "Move down", () => move(builder, one.id, 1, key)],
    ...own,
  ];
  const what = isGroup ? "group" : "condition";
  return el("div", { class: "clause-actions" },
    builder.tools.menu({ label: `More for this ${what}`, icon: "ellipsis", key }, acts),
    builder.tools.button({ label: `Remove this ${what}`, icon: "x", key: `${one.id}:remove` }, () => remove(builder, one)));
}

function duplicate(builder, one) {
  const { root, focus } = tree.duplicated(builder.root, one.id);
  builder.take(root, { focus, say: "Duplicated." });
}

export function move(builder, id, step, focus) {
  const root = tree.moved(builder.root, id, step);
  const same = JSON.stringify(tree.write(root)) === JSON.stringify(tree.write(builder.root));
  if (same) return builder.say("It is at the edge already.");
  return builder.take(root, { focus, say: step < 0 ? "Moved up." : "Moved down." });
}

function remove(builder, one) {
  const { root, focus } = tree.without(builder.root, one.id);
  const left = tree.leaves(root);
  const next = tree.find(root, focus);
  builder.take(root, { focus: next.kind === "group" ? `${focus}:add` : focus, say: `Removed. ${left} ${left === 1 ? "condition" : "conditions"} left.` });
}
