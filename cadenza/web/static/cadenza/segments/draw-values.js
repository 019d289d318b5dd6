// Comparisons as words and fields: "is at least [5]", "is one of [Riga, Oslo]".

import { another, choiceOf, CHOICES, retested, testOf, testsOf, typed, untested } from "./comparisons.js";
import { plural, word } from "./dom.js";

// All comparisons at a spot. least: how many must stay.
export function drawTests(spot, kind, { unit = "", list = null, least = 1 } = {}) {
  const tests = testsOf(spot.json);
  return tests.flatMap((test, n) => drawTest(spot, kind, n, { unit, list, droppable: n >= least, tests }));
}

function drawTest(spot, kind, n, { unit, list, droppable, tests }) {
  const { tools } = spot.builder;
  const test = tests[n];
  const choice = choiceOf(kind, test);
  const taken = new Set(tests.filter((other) => other !== test).map((other) => other.op));
  const listed = CHOICES[kind] ?? CHOICES.text;
  const offered = listed.some((one) => one.key === choice.key && one.op === choice.op) ? listed : [choice, ...listed];
  const options = offered.map((found) => ({ value: found.key, label: found.label, disabled: taken.has(found.op) }));
  const pick = (value) => {
    const next = testOf(kind, value, test);
    spot.change((json) => retested(json, n, next), { focus: choiceOf(kind, next).input ? `value${n}` : `op${n}` });
  };
  const at = `${spot.at}.${test.op}`;
  const label = testsOf(spot.json).length > 1 ? `Comparison ${n + 1}` : "Comparison";
  const choose = tools.select({ key: spot.key(`op${n}`), label, value: choice.key, options, at: choice.input ? null : at }, pick);
  const drop = () => spot.change((json) => untested(json, n), { focus: n ? "op0" : "limit", say: "Limit removed." });
  return [
    n ? word("and") : null, choose, ...drawValue(spot, n, { test, choice, at, unit, list }),
    droppable ? tools.button({ label: "Remove this limit", icon: "x", key: spot.key(`drop${n}`) }, drop) : null,
  ];
}

function drawValue(spot, n, { test, choice, at, unit, list }) {
  const { tools } = spot.builder;
  const key = spot.key(`value${n}`);
  const take = (text) => spot.change((json) => retested(json, n, { op: test.op, value: typed(choice.input, text) }), { draw: false, typing: key });
  const told = { key, at, value: test.value };
  const several = () => {
    const values = Array.isArray(test.value) ? test.value : [test.value];
    const keep = (next, say) => spot.change((json) => retested(json, n, { op: test.op, value: next }), { focus: `value${n}`, say });
    return [tools.tokens({ key, at, values, read: (text) => typed(choice.input, text), list: choice.input === "texts" ? list : null }, keep)];
  };
  const days = () => {
    const after = word(choice.after ?? plural(test.value, "day"));
    return [tools.number({ ...told, label: "Days" }, (text) => {
      if (!choice.after) after.textContent = plural(Number(text), "day");
      take(text);
    }), after];
  };
  const text = () => {
    const made = tools.input({ ...told, label: "Value", placeholder: "value" }, take);
    list?.(made);
    return [made];
  };
  const kinds = {
    text, days, texts: several, numbers: several,
    number: () => [unit ? word(unit) : null, tools.number({ ...told, label: "Value", step: "any", min: null, inputmode: "decimal" }, take)],
    date: () => [tools.date({ ...told, label: "Date" }, take)],
  };
  return kinds[choice.input]?.() ?? [];
}

// The button for a further comparison; it stands at the end of its sentence.
export function drawLimit(spot, kind) {
  const next = another(kind, spot.json);
  if (!next) return null;
  const count = testsOf(spot.json).length;
  const add = () => spot.change((json) => ({ ...json, [next.op]: next.value }), { focus: `value${count}`, say: "Limit added." });
  const label = count ? "Add a second limit" : "Add a limit";
  return spot.builder.tools.button({ label, icon: "plus", key: spot.key("limit"), class: "narrower", ...(count ? {} : { text: "when" }) }, add);
}
