// Each form of a condition as a sentence with holes. A drawing gives {words, lines}: what reads on, and what stands below.

import { testsOf } from "./comparisons.js";
import { el, word } from "./dom.js";
import { drawLimit, drawTests } from "./draw-values.js";
import { drawDetails, drawEvent, drawExtras, drawLooking, drawNarrowed, drawNear, drawWindow, times, whole } from "./draw-which.js";
import { drawOrders } from "./draw-orders.js";
import { drawSequence } from "./draw-sequence.js";
import { howOf, HOW, LISTS, often, STANDINGS } from "./forms.js";

const SAID = { given: "said yes to", refused: "said no to", withdrawn: "took back", never_asked: "was never asked about" };

export function drawLeaf(builder, one, spot, subject) {
  return (DRAW[one.form] ?? kept)({ builder, one, spot, subject, tools: builder.tools, told: builder.told });
}

const DRAW = {
  attribute({ builder, spot, subject }) {
    const { attribute: name } = spot.json;
    const kind = builder.kindOf(name);
    const list = (input) => builder.seen.suggest(input, { field: name });
    return { words: [word("whose"), subject, drawTests(spot, kind, { list: kind === "text" || kind === "list" ? list : null }), kind === "presence" ? null : drawLimit(spot, kind)] };
  },

  did({ builder, one, spot, subject, tools }) {
    const how = howOf(one);
    const focus = { least: "times", exactly: "times", most: "at_most", between: "times" };
    const choose = tools.select({ key: spot.key("how"), label: "How often", value: how, options: HOW.map(([value, label]) => ({ value, label })), at: `${spot.at}.times` }, (value) => {
      builder.edit(one.id, (now) => often(now, value), { focus: spot.key(focus[value] ?? "how") });
    });
    const said = how === "never" ? [choose, subject] : [subject, choose, counts(spot, how)];
    return { words: [word("who"), said, drawWindow(spot), drawExtras(spot, spot.json.did)], lines: drawNarrowed(spot, spot.json.did) };
  },

  first: occurred,
  last: occurred,
  sequence: drawSequence,
  orders: drawOrders,

  list({ spot, subject }) {
    const event = LISTS[spot.json.list];
    const count = testsOf(spot.json)[0];
    const pieces = word(count?.value === 1 ? "product" : "products");
    return {
      words: [word("who has"), drawTests(spot, "pieces"), pieces, subject, word("now"), drawExtras(spot, event, ["where"]), drawLimit(spot, "pieces")],
      lines: drawDetails(spot, "where", event),
    };
  },

  message({ spot, subject, tools, told }) {
    const { json } = spot;
    const channel = tools.select({ key: spot.key("channel"), label: "Channel", value: json.channel ?? "email", options: told.channels, at: `${spot.at}.channel` }, (value) => spot.set("channel", value, { focus: "channel" }));
    const named = told.campaigns.find((one) => one.value === json.campaign);
    const every = { value: "", label: "any campaign" };
    const campaign = tools.chooser({
      key: spot.key("campaign"), label: "Campaign", text: json.campaign ? (named?.label ?? "a campaign that is gone") : "any campaign", at: `${spot.at}.campaign`,
      value: json.campaign ?? "", groups: [{ label: "", options: [every] }, { label: "Campaigns", options: told.campaigns }], strong: false,
    }, (value) => spot.give("campaign", value || undefined, { focus: "campaign" }));
    const why = [{ value: "", label: "for any reason" }, ...told.reasons];
    const known = why.some((one) => one.value === (json.reason ?? "")) ? why : [...why, { value: json.reason, label: json.reason }];
    const reason = tools.select({ key: spot.key("reason"), label: "Reason", value: json.reason ?? "", options: known, at: `${spot.at}.reason` }, (value) => spot.give("reason", value || undefined, { focus: "reason" }));
    return { words: [word("who"), subject, json.message === "left_out" ? [word("because he or she"), reason] : null, word("of"), campaign, word("by"), channel, drawWindow(spot)] };
  },

  subscription({ spot, subject, tools, told }) {
    const { json } = spot;
    const options = [...STANDINGS.map((value) => ({ value, label: SAID[value] })), { value: "several", label: "one of …" }];
    const pick = (value) => spot.change(({ is, one_of: several, ...rest }) => (value === "several" ? { ...rest, one_of: [is ?? "given"] } : { ...rest, is: value }), { focus: value === "several" ? "states" : "state" });
    const state = tools.select({ key: spot.key("state"), label: "What was said", value: json.one_of ? "several" : (json.is ?? "given"), options, at: `${spot.at}.is` }, pick);
    const chips = json.one_of && tools.chips({ key: spot.key("states"), label: "Any of these", at: `${spot.at}.one_of`, options: options.slice(0, -1), picked: json.one_of }, (states) => spot.set("one_of", states, { draw: false }));
    const channel = tools.select({ key: spot.key("channel"), label: "Channel", value: json.channel ?? "email", options: told.channels, at: `${spot.at}.channel` }, (value) => spot.set("channel", value, { focus: "channel" }));
    return { words: [word("who"), state, chips, subject, word("by"), channel] };
  },

  identifier({ spot, subject }) {
    return { words: [word("whose"), subject, drawTests(spot, "presence")] };
  },

  segment({ builder, one, spot, tools, told, subject }) {
    const { segment: id } = spot.json;
    const isIn = tools.select({ key: spot.key("in"), label: "In it or not", value: one.not ? "out" : "in", options: [{ value: "in", label: "is in" }, { value: "out", label: "is not in" }] },
      (value) => builder.edit(one.id, { not: value === "out" }, { focus: spot.key("in") }));
    const text = told.segments.find((known) => known.value === id)?.label ?? (id ? "a segment that is gone" : "choose a segment");
    const choose = tools.chooser({ key: spot.key("segment"), label: "Segment", text, at: `${spot.at}.segment`, value: id, groups: [{ label: "Segments", options: told.segments }], missing: !id }, (value) => spot.set("segment", value, { focus: "segment" }));
    return { words: [word("who"), isIn, subject, choose] };
  },

  near({ spot, subject }) {
    return { words: [word("who"), subject, word("within"), drawNear(spot.in("near"))] };
  },

  bucket({ spot, subject, tools }) {
    const { json } = spot;
    const share = (key, label, standard) => tools.number({ key: spot.key(key), label, value: json[key] ?? standard, max: "100", step: "any", at: `${spot.at}.${key}` }, (text) => spot.type(key, whole(text)));
    const name = tools.input({ key: spot.key("bucket"), label: "Name of the draw", value: json.bucket, at: `${spot.at}.bucket` }, (text) => spot.type("bucket", text));
    return { words: [word("who is in"), subject, word("drawn by the name"), name, word("from"), share("from", "From, percent", 0), word("to"), share("to", "To, percent", 100), word("%")] };
  },
};

function counts(spot, how) {
  const { tools } = spot.builder;
  const { json } = spot;
  const said = word(times({ least: json.times, exactly: json.times, most: json.at_most, between: 2 }[how]));
  const count = (key, label, both = [key]) => tools.number({ key: spot.key(key), label, value: json[key], at: `${spot.at}.${key}` }, (text) => {
    const value = whole(text);
    if (how !== "between") said.textContent = times(value);
    spot.change((now) => ({ ...now, ...Object.fromEntries(both.map((one) => [one, value])) }), { draw: false, typing: spot.key(key) });
  });
  return {
    least: () => [count("times", "Times, at least"), said],
    exactly: () => [count("times", "Times", ["times", "at_most"]), said],
    most: () => [count("at_most", "Times, at most"), said],
    between: () => [count("times", "Times, at least"), word("and"), count("at_most", "Times, at most"), said],
  }[how]?.();
}

// "who last bought at least 90 days ago, and that one had category is Bikes"
function occurred({ one, spot, subject }) {
  const event = spot.json[one.form];
  return {
    words: [
      word("who"), subject, drawEvent(spot, one.form), drawTests(spot, "occurred", { least: spot.json.having?.length ? 0 : 1 }),
      drawExtras(spot, event, ["having", "where", "on", "between_hours", "near", "window"]), drawLimit(spot, "occurred"),
    ],
    lines: [...drawDetails(spot, "having", event), ...drawNarrowed(spot, event), drawLooking(spot)],
  };
}

// What the builder does not know how to show stays as it came, and is shown as its sentence.
function kept({ builder, spot, tools }) {
  const said = el("span", { class: "kept-sentence" }, "…");
  builder.sentence(spot.json).then((sentence) => (said.textContent = sentence ?? JSON.stringify(spot.json)));
  return { words: [tools.icon("braces", 14), said, el("span", { class: "small muted" }, "Written by hand: it is kept as it is, and can be changed as JSON below.")] };
}
