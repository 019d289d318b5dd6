// One thing after another, as a list of steps; the last may be what was not done.

import { el, word } from "./dom.js";
import { drawEvent, drawExtras, drawNarrowed, drawWindow, drawWithin } from "./draw-which.js";

const MOST = 10;

export function drawSequence({ spot, subject, tools }) {
  const steps = spot.json.sequence;
  const last = steps.length - 1;
  const add = () => {
    const [ended, at] = "did_not" in steps[last] ? [[steps[last]], last] : [[], steps.length];
    spot.change((json) => ({ ...json, sequence: [...json.sequence.slice(0, at), { did: "Product Added", within_days: 2 }, ...ended] }), { focus: `sequence.${at}.event`, say: "Step added." });
  };
  const more = steps.length < MOST ? tools.button({ label: "Add a step", icon: "plus", text: "a step", key: spot.key("step"), class: "narrower" }, add) : null;
  const list = el("ol", { class: "steps" }, steps.map((_, n) => el("li", { class: "step", "data-at": spot.in("sequence", n).at }, drawStep(spot.in("sequence", n), n, steps, () => drop(spot, n)))));
  return { words: [word("who"), subject, word("– the first of them"), drawWindow(spot, { label: "When the first was" })], lines: [list, el("div", { class: "step-more" }, more)] };
}

function drawStep(step, n, steps, gone) {
  const { tools } = step.builder;
  const isLast = n === steps.length - 1;
  const missing = "did_not" in step.json;
  const key = missing ? "did_not" : "did";
  const remove = steps.length > 2 ? tools.button({ label: `Remove step ${n + 1}`, icon: "x", key: step.key("drop") }, gone) : null;
  return [
    el("div", { class: "clause-words" },
      n ? word("then") : null, n ? drawWithin(step) : null, n && (isLast || missing) ? whether(step, missing) : null,
      drawEvent(step, key, { label: `Step ${n + 1}` }), drawExtras(step, step.json[key]), remove),
    ...drawNarrowed(step, step.json[key]).filter(Boolean),
  ];
}

function whether(step, missing) {
  const options = [{ value: "did", label: "they" }, { value: "did_not", label: "they never" }];
  const pick = (to) => step.change((json) => {
    const { did, did_not: not, ...rest } = json;
    const timed = "within_days" in rest || "within_hours" in rest || to === "did";
    return { [to]: did ?? not, ...rest, ...(timed ? {} : { within_days: 2 }) };
  }, { focus: "missing" });
  return step.builder.tools.select({ key: step.key("missing"), label: "Whether they did", value: missing ? "did_not" : "did", options }, pick);
}

// Without its first step the second is the first: it has no time and was done.
function drop(spot, n) {
  spot.change((json) => {
    const kept = json.sequence.filter((_, other) => other !== n);
    const { within_days: _, within_hours: __, ...first } = kept[0];
    return { ...json, sequence: [n ? kept[0] : first, ...kept.slice(1)] };
  }, { focus: "step", say: "Step removed." });
}
