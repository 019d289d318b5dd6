// How values are compared: for each kind the comparisons that fit it, in words; and what was typed, as a value.
// A comparison stands in its condition as `"at_least": 5`; several in one condition must all hold.
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
const yes = { key: "yes", label: "is yes", op: "is", fixed: true };
const no = { key: "no", label: "is no", op: "is", fixed: false };
const flags = [
  yes,
  no,
  { key: "not_yes", label: "is not yes", op: "is_not", fixed: true },
  { key: "not_no", label: "is not no", op: "is_not", fixed: false },
];
const when = [
  { key: "days_ago_at_most", label: "is in the last", op: "days_ago_at_most", input: "days" },
  { key: "days_ago_at_least", label: "is at least", op: "days_ago_at_least", input: "days", after: "days ago" },
  { key: "before", label: "is before", op: "before", input: "date" },
  { key: "after", label: "is after", op: "after", input: "date" },
  { key: "is", label: "is on", op: "is", input: "date" },
];
const anniversary = { key: "anniversary_within", label: "has its anniversary in the next", op: "anniversary_within", input: "days" };

// "is at least" → "at least", after a word that stands for the verb: "ordered at least", "last bought in the last".
const bare = (all) => all.map((one) => ({ ...one, label: one.label.replace(/^is /, "") }));

export const CHOICES = {
  text: [...texts, ...known],
  number: [...numbers, ...known],
  flag: [...flags, ...known],
  time: [...when, anniversary, ...known],
  list: [
    { key: "contains_any", label: "has any of", op: "contains_any", input: "texts" },
    { key: "contains_all", label: "has all of", op: "contains_all", input: "texts" },
    ...known,
  ],
  presence: known,
  // Of an event's detail the type is only seen in its values.
  detail_text: [...texts, ...flags, ...known],
  detail_number: [...numbers, ...known],
  detail_flag: [...flags, ...known],
  // What orders come to: "ordered at least 2 times", "spent more than 100", "whose average order is at least 50".
  count: [...bare([...order, equal]), { key: "never", label: "never", op: "at_most", fixed: 0 }],
  pieces: [...bare([...order, equal]), { key: "none", label: "no", op: "at_most", fixed: 0 }],
  sum: bare([...order, equal]),
  money: [...order, equal],
  when,
  occurred: bare(when),
};

const ALL = Object.values(CHOICES).flat();
const OPS = new Set(ALL.map((one) => one.op));
const FIRST = { number: "at_least", detail_number: "at_least", sum: "at_least", money: "at_least", count: "at_least", pieces: "at_least" };
const EMPTY = { text: "", date: "", number: "", days: 30, texts: [], numbers: [] };
const OTHER_END = {
  at_least: "at_most", more_than: "less_than", at_most: "at_least", less_than: "more_than",
  before: "after", after: "before", days_ago_at_most: "days_ago_at_least", days_ago_at_least: "days_ago_at_most",
};

export const isOp = (key) => OPS.has(key);
const choices = (kind) => CHOICES[kind] ?? CHOICES.text;

export function choiceOf(kind, test) {
  const fits = (one) => one.op === test.op && "fixed" in one && one.fixed === test.value;
  const typed = (one) => one.op === test.op && !("fixed" in one);
  return choices(kind).find(fits) ?? choices(kind).find(typed) ?? ALL.find(fits) ?? ALL.find(typed) ?? choices(kind)[0];
}

// The comparison of a key; of the one before, the value is kept where it fits.
export function testOf(kind, key, before) {
  const choice = choices(kind).find((one) => one.key === key) ?? choices(kind)[0];
  if ("fixed" in choice) return { op: choice.op, value: choice.fixed };
  const had = before && choiceOf(kind, before);
  if (had && (had.key === "never" || had.key === "none")) return { op: choice.op, value: 1 };
  if (had?.input && had.input === choice.input) return { op: choice.op, value: before.value };
  if (had?.input && before.value !== null && before.value !== "") {
    if (choice.input === `${had.input}s`) return { op: choice.op, value: [before.value] };
    if (had.input === `${choice.input}s` && before.value.length) return { op: choice.op, value: before.value[0] };
  }
  return { op: choice.op, value: structuredClone(choice.op === "anniversary_within" ? 7 : EMPTY[choice.input]) };
}

export const firstTest = (kind) => testOf(kind, FIRST[kind] ?? choices(kind)[0].key);

// What was typed as the value that it means; what is no number stays text, so that the server can say so.
export function typed(input, text) {
  if (input !== "number" && input !== "days" && input !== "numbers") return text;
  if (text.trim() === "") return "";
  const found = Number(text);
  return Number.isFinite(found) ? found : text;
}

// The kind of comparison that an event's detail needs: as its values are, else as it was seen.
export function detailKind(json, seen) {
  const told = testsOf(json);
  const first = (value) => [value].flat()[0];
  if (told.some(({ op, value }) => (op === "is" || op === "is_not") && typeof value === "boolean")) return "detail_flag";
  if (told.some(({ op, value }) => order.some((one) => one.op === op) || typeof first(value) === "number")) return "detail_number";
  if (told.some(({ value }) => typeof first(value) === "string" && value.length)) return "detail_text";
  return seen === "number" ? "detail_number" : "detail_text";
}

// ── The comparisons of a condition ──

export const testsOf = (json) => Object.entries(json).filter(([key]) => isOp(key)).map(([op, value]) => ({ op, value }));

// Another comparison in the place of the n-th.
export function retested(json, n, { op, value }) {
  const old = testsOf(json)[n].op;
  return Object.fromEntries(Object.entries(json).map(([key, had]) => (key === old ? [op, value] : [key, had])));
}

export function untested(json, n) {
  const { [testsOf(json)[n].op]: _, ...rest } = json;
  return rest;
}

// The comparison that gives a range its other end, or null where there is none to give.
function otherEnd(kind, json) {
  const told = testsOf(json);
  const free = choices(kind).filter((one) => one.input && !told.some(({ op }) => op === one.op));
  const wanted = free.find((one) => told.length === 1 && one.op === OTHER_END[told[0].op]);
  return wanted ? testOf(kind, wanted.key) : null;
}

// May there be a further comparison, and which would be the first to offer?
export function another(kind, json) {
  const told = testsOf(json);
  if (!told.length) return firstTest(kind);
  if (told.some((test) => ["never", "none"].includes(choiceOf(kind, test).key))) return null;
  const free = choices(kind).filter((one) => one.input && !told.some(({ op }) => op === one.op));
  return otherEnd(kind, json) ?? (free.length && told.length < 4 ? testOf(kind, free[0].key) : null);
}
