// Which events count, and when: their details, weekdays, hours, places and the window of time.

import { detailKind, firstTest, testsOf } from "./comparisons.js";
import { el, plural, word } from "./dom.js";
import { drawLimit, drawTests } from "./draw-values.js";
import { omit, WEEKDAYS } from "./forms.js";
import { events } from "./subjects.js";
import { inUnit, unitOf, windowed, windowOf, WINDOWS } from "./windows.js";

// ── Windows ──

const FIRST_FIELD = { last: "length", first_days: "first_days", since: "since", until: "until", between: "since" };

export function drawWindow(spot, { label = "When", lead = null } = {}) {
  const { tools } = spot.builder;
  const now = windowOf(spot.json);
  const pick = (name) => spot.change((json) => windowed(json, name), { focus: FIRST_FIELD[name] ?? "window" });
  const choose = tools.select({ key: spot.key("window"), label, value: now, options: WINDOWS, at: `${spot.at}.in` }, pick);
  const day = (key, said) => tools.date({ key: spot.key(key), label: said, value: spot.json[key], at: `${spot.at}.${key}` }, (text) => spot.type(key, text));
  const more = {
    last: () => length(spot),
    since: () => [day("since", "First day")],
    until: () => [day("until", "Last day")],
    between: () => [day("since", "First day"), word("until"), day("until", "Last day")],
    first_days: () => [days(spot, "first_days"), word("days after registering")],
  }[now];
  return [lead ? word(lead) : null, choose, ...(more?.() ?? [])];
}

function days(spot, key) {
  return spot.builder.tools.number({ key: spot.key(key), label: "Days", value: spot.json[key], min: "1", at: `${spot.at}.${key}` }, (text) => spot.type(key, whole(text)));
}

function length(spot) {
  const unit = unitOf(spot.json);
  return timed(spot, unit, ["days", "hours"], "length");
}

// A number of days or hours.
function timed(spot, unit, keys, name) {
  const { tools } = spot.builder;
  const key = unit === "hours" ? keys[1] : keys[0];
  const take = (text) => spot.change((json) => ({ ...json, [key]: whole(text) }), { draw: false, typing: spot.key(name) });
  const options = ["days", "hours"].map((value) => ({ value, label: value }));
  const exchange = (to) => spot.change((json) => inUnit(json, to, keys), { focus: `${name}-unit` });
  return [
    tools.number({ key: spot.key(name), label: unit === "hours" ? "Hours" : "Days", value: spot.json[key], min: "1", at: `${spot.at}.${key}` }, take),
    tools.select({ key: spot.key(`${name}-unit`), label: "Days or hours", value: unit, options }, exchange),
  ];
}

// What was typed as a whole number; what is none stays a text, so that the server can say so.
export function whole(text) {
  const found = Number(text);
  return text.trim() === "" || !Number.isFinite(found) ? text.trim() : found;
}

// The time within which a step follows the one before.
export function drawWithin(spot) {
  const { tools } = spot.builder;
  const keys = ["within_days", "within_hours"];
  const has = keys.find((key) => spot.json[key] !== undefined && spot.json[key] !== null);
  const needed = "did_not" in spot.json;
  const options = [...(needed && has ? [] : [{ value: "ever", label: "at any time later" }]), { value: "within", label: "within" }];
  const pick = (value) => spot.change((json) => ({ ...omit(json, keys), ...(value === "within" ? { within_days: 2 } : {}) }), { focus: value === "within" ? "within" : "whether" });
  return [
    tools.select({ key: spot.key("whether"), label: "How soon", value: has ? "within" : "ever", options, at: spot.at }, pick),
    ...(has ? timed(spot, has === "within_hours" ? "hours" : "days", keys, "within") : []),
  ];
}

// ── Which event ──

export function drawEvent(spot, key, { label = "What was done" } = {}) {
  const { tools, told } = spot.builder;
  const name = spot.json[key];
  const known = events(told);
  const pick = (picked) => spot.change((json) => omit({ ...json, [key]: picked }, ["where", "having"]), { focus: "event" });
  const text = known.find((one) => one.value === name)?.label ?? `did “${name}”`;
  return tools.chooser({
    key: spot.key("event"), label, text, at: `${spot.at}.${key}`, value: name,
    groups: [{ label: "What people did", options: known }], free: (typed) => `did “${typed}”`,
  }, pick);
}

// ── What narrows it ──

const EXTRAS = {
  where: ["tag", "with a detail"],
  having: ["tag", "and that one had a detail"],
  on: ["calendar", "on certain weekdays"],
  between_hours: ["clock", "at certain hours"],
  near: ["map-pin", "near a place"],
  window: ["calendar-clock", "within a stretch of time"],
};
const FRESH = {
  on: () => ["saturday", "sunday"],
  between_hours: () => [9, 18],
  near: () => ({ latitude: "", longitude: "", km: 10 }),
};

// The button with what can still be added.
export function drawExtras(spot, event, keys = ["where", "on", "between_hours", "near"]) {
  const { tools } = spot.builder;
  const isFree = { where: true, having: true, window: windowOf(spot.json) === "ever" };
  const free = keys.filter((key) => isFree[key] ?? (spot.json[key] === undefined || spot.json[key] === null));
  const act = (key) => {
    if (key === "where" || key === "having") return addDetail(spot, key, event);
    if (key === "window") return spot.change((json) => windowed(json, "last"), { focus: "length", say: "Added." });
    return spot.set(key, FRESH[key](), { focus: key, say: "Added." });
  };
  const acts = free.map((key) => [...EXTRAS[key], () => act(key)]);
  if (acts.length === 1) return tools.button({ label: "Add a detail", icon: "plus", text: acts[0][1], key: spot.key("more"), class: "narrower" }, acts[0][2]);
  return tools.menu({ label: "Narrow it down", icon: "plus", text: "only …", key: spot.key("more"), side: "start", class: "narrower" }, acts);
}

// The window as a line of its own, for conditions that rarely have one.
export function drawLooking(spot) {
  return windowOf(spot.json) === "ever" ? null : el("div", { class: "clause-where", role: "group", "aria-label": EXTRAS.window[1] }, word("looking only"), drawWindow(spot));
}

export function drawNarrowed(spot, event) {
  const { json } = spot;
  return [
    ...drawDetails(spot, "where", event),
    json.on ? line(spot, "on", "on", drawWeekdays(spot)) : null,
    json.between_hours ? line(spot, "between_hours", "between", drawHours(spot)) : null,
    json.near ? line(spot, "near", "within", drawNear(spot.in("near"))) : null,
  ];
}

function line(spot, key, lead, drawn) {
  const drop = spot.builder.tools.button({ label: `Remove “${EXTRAS[key][1]}”`, icon: "x", key: spot.key(`${key}-drop`) }, () => spot.give(key, undefined, { focus: "more", say: "Removed." }));
  return el("div", { class: "clause-where", role: "group", "aria-label": EXTRAS[key][1], "data-at": `${spot.at}.${key}` }, word(lead), drawn, drop);
}

function drawWeekdays(spot) {
  const options = WEEKDAYS.map((value) => ({ value, label: value[0].toUpperCase() + value.slice(1, 3) }));
  return spot.builder.tools.chips({ key: spot.key("on"), label: "Weekdays", at: `${spot.at}.on`, options, picked: spot.json.on }, (days) => spot.set("on", days, { draw: false }));
}

function drawHours(spot) {
  const hour = (n, label, to) => {
    const options = Array.from({ length: 25 }, (_, value) => ({ value: String(value), label: `${String(value).padStart(2, "0")}:00` })).slice(0, to);
    return spot.builder.tools.select({ key: spot.key(n ? "until-hour" : "between_hours"), label, value: String(spot.json.between_hours[n]), options, at: `${spot.at}.between_hours.${n}` },
      (value) => spot.change((json) => ({ ...json, between_hours: json.between_hours.with(n, Number(value)) }), { focus: n ? "until-hour" : "between_hours" }));
  };
  const night = spot.json.between_hours[0] > spot.json.between_hours[1];
  return [hour(0, "From", 24), word("and"), hour(1, "Until", 25), night ? word("(over midnight)") : null];
}

export function drawNear(spot) {
  const { tools } = spot.builder;
  const take = (key) => (text) => spot.type(key, whole(text));
  const field = (key, label, more) => tools.number({ key: spot.key(key), label, value: spot.json[key], step: "any", min: null, inputmode: "decimal", at: `${spot.at}.${key}`, ...more }, take(key));
  return [
    field("km", "Kilometres", { min: "0" }), word("km of"),
    field("latitude", "Latitude", { placeholder: "latitude", class: "wide-number" }),
    field("longitude", "Longitude", { placeholder: "longitude", class: "wide-number" }),
  ];
}

// ── Details ──

async function addDetail(spot, key, event) {
  const { seen } = spot.builder;
  const [first] = seen.details(event) ?? (await seen.look(event));
  const [name, type] = first ?? ["", "text"];
  const test = firstTest(type === "number" ? "detail_number" : "detail_text");
  const count = spot.json[key]?.length ?? 0;
  spot.change((json) => ({ ...json, [key]: [...(json[key] ?? []), { property: name, [test.op]: test.value }] }), { focus: `${key}.${count}.property`, say: "Detail added." });
}

export function drawDetails(spot, key, event) {
  return (spot.json[key] ?? []).map((_, n) => drawDetail(spot, key, n, event));
}

function drawDetail(spot, key, n, event) {
  const { tools, seen } = spot.builder;
  const here = spot.in(key, n);
  const name = here.json.property;
  const kind = detailKind(here.json, seen.typeOf(event, name));
  const list = (input) => seen.suggest(input, name ? { event, property: name } : null);
  const lead = n ? "and" : key === "having" ? "and that one had" : "with";
  return el("div", { class: "clause-where", role: "group", "aria-label": `Detail ${n + 1}`, "data-at": here.at },
    word(lead), drawName(here, event), drawTests(here, kind, { list }), drawLimit(here, kind),
    tools.button({ label: "Remove this detail", icon: "x", key: here.key("drop") }, () => dropDetail(spot, key, n)));
}

function drawName(here, event) {
  const { tools, seen } = here.builder;
  const name = here.json.property;
  const find = async (typed) => {
    const wanted = typed.toLowerCase().replaceAll(" ", "_");
    const all = seen.details(event) ?? (await seen.look(event));
    return [{ label: "Details seen", options: all.filter(([one]) => one.toLowerCase().includes(wanted)).map(([one, type]) => ({ value: one, label: one.replaceAll("_", " "), hint: type })) }];
  };
  const pick = (picked) => {
    const type = seen.typeOf(event, picked) === "number" ? "detail_number" : "detail_text";
    const fits = type === detailKind(here.json, seen.typeOf(event, name));
    const test = firstTest(type);
    here.change((json) => ({ property: picked, ...(fits ? omit(json, ["property"]) : { [test.op]: test.value }) }), { focus: testsOf(here.json).length ? "value0" : "op0" });
  };
  const free = (typed) => `“${typed}”, not seen yet`;
  return tools.chooser({ key: here.key("property"), label: "Detail", text: name ? name.replaceAll("_", " ") : "choose a detail", at: `${here.at}.property`, value: name, find, free, missing: !name, strong: false }, pick);
}

function dropDetail(spot, key, n) {
  const left = spot.json[key].length - 1;
  const focus = left ? `${key}.${Math.min(n, left - 1)}.property` : "more";
  spot.change((json) => {
    const kept = json[key].filter((_, other) => other !== n);
    return kept.length ? { ...json, [key]: kept } : omit(json, [key]);
  }, { focus, say: "Detail removed." });
}

export const times = (number) => plural(number, "time");
