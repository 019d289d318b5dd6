// The forms of a condition, by the first key that names one (docs/segments.md): which the builder can show, and new ones.
// The builder works on the JSON itself; what it does not know how to show is kept as it came.

import { firstTest, isOp } from "./comparisons.js";
import { WINDOW_KEYS, windowOf } from "./windows.js";

export const MEASURES = ["count", "sum", "average", "smallest", "largest", "first", "last"];
export const FATES = ["sent", "delivered", "opened", "not_opened", "clicked", "not_clicked", "bounced", "complained", "unsubscribed", "left_out"];
export const STANDINGS = ["given", "refused", "withdrawn", "never_asked"];
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
export const LISTS = { cart: "Product Added", wishlist: "Product Added to Wishlist" };
const LINES = ["status", "category", "brand", "product", "products"];

const isText = (value) => typeof value === "string";
const isScalar = (value) => value === null || typeof value !== "object";
export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isValue = (value) => isScalar(value) || (Array.isArray(value) && value.every((one) => one !== null && isScalar(one)));
const isNear = (value) => isObject(value) && Object.entries(value).every(([key, one]) => ["latitude", "longitude", "km"].includes(key) && isScalar(one));
const isWheres = (value) => Array.isArray(value) && value.every((one) => isObject(one) && only(one, { property: isText, ...TESTS }) && isText(one.property));
const isSteps = (value) => Array.isArray(value) && value.length > 0 && value.every(isStep);

// Under "*" what a comparison may be compared with.
const TESTS = { "*": isValue };
const WHICH = {
  where: isWheres,
  on: (value) => Array.isArray(value) && value.every((day) => WEEKDAYS.includes(day)),
  between_hours: (value) => Array.isArray(value) && value.length === 2 && value.every(Number.isInteger),
  near: isNear,
};
const WINDOW = Object.fromEntries(WINDOW_KEYS.map((key) => [key, isScalar]));

function only(json, shape) {
  return Object.entries(json).every(([key, value]) => (Object.hasOwn(shape, key) ? shape[key](value) : isOp(key) && "*" in shape && shape["*"](value)));
}

function isStep(json) {
  const within = { within_days: isScalar, within_hours: isScalar };
  return isObject(json) && "did" in json !== "did_not" in json && only(json, { did: isText, did_not: isText, ...WHICH, ...within })
    && !("within_days" in json && "within_hours" in json);
}

const oneOf = (all) => (value) => all.includes(value);
const SHAPES = {
  attribute: { attribute: isText, ...TESTS },
  did: { did: isText, times: isScalar, at_most: isScalar, ...WHICH, ...WINDOW },
  first: { first: isText, having: isWheres, ...WHICH, ...WINDOW, ...TESTS },
  last: { last: isText, having: isWheres, ...WHICH, ...WINDOW, ...TESTS },
  sequence: { sequence: isSteps, ...WINDOW },
  orders: { orders: oneOf(MEASURES), ...Object.fromEntries(LINES.map((key) => [key, isScalar])), ...WINDOW, ...TESTS },
  list: { list: oneOf(Object.keys(LISTS)), where: isWheres, ...TESTS },
  message: { message: oneOf(FATES), channel: isText, campaign: isText, reason: isText, ...WINDOW },
  subscription: { subscription: isText, channel: isText, is: isScalar, one_of: (value) => Array.isArray(value) && value.every(oneOf(STANDINGS)) },
  identifier: { identifier: isText, is_set: (value) => typeof value === "boolean" },
  segment: { segment: isText },
  bucket: { bucket: isText, from: isScalar, to: isScalar },
  near: { near: isNear },
};
const NEEDS_TESTS = ["attribute", "orders", "list", "identifier"];

// Which form a condition has; "kept" where the builder cannot show it whole.
export function formOf(json) {
  const name = Object.keys(SHAPES).find((key) => Object.hasOwn(json, key)); // `near`, the last, also says where
  if (!name || !only(json, SHAPES[name]) || windowOf(json) === null) return "kept";
  if (NEEDS_TESTS.includes(name) && !Object.keys(json).some(isOp)) return "kept";
  if (name === "subscription" && "is" in json && "one_of" in json) return "kept";
  return name;
}

// ── How often ──

export const HOW = [
  ["some", "at least once"],
  ["least", "at least"],
  ["exactly", "exactly"],
  ["most", "at most"],
  ["between", "between"],
  ["never", "never"],
];

export function howOf({ json, not }) {
  const times = json.times ?? 1;
  const most = json.at_most ?? null;
  if (most === null) return times === 1 ? (not ? "never" : "some") : "least";
  if (times === most) return "exactly";
  return times === 0 ? "most" : "between";
}

export function often({ json }, how) {
  const { times = 1, at_most: most, ...rest } = json;
  const least = Number.isInteger(times) && times > 0 ? times : 1;
  const counts = {
    some: {},
    never: {},
    least: { times: Math.max(2, least) },
    exactly: { times: least, at_most: least },
    most: { times: 0, at_most: Number.isInteger(most) && most > 0 ? most : least },
    between: { times: least, at_most: Math.max(Number.isInteger(most) ? most : 0, least + 1) },
  }[how];
  const at = Object.keys(json).indexOf(Object.keys(json).find((key) => key === "did")) + 1;
  return { json: Object.fromEntries(Object.entries(rest).toSpliced(at, 0, ...Object.entries(counts))), not: how === "never" };
}

// Who never did it is told by `not`; anything else that is denied is shown with the word.
export const saysNot = (part) => part.not && !(part.form === "did" && howOf(part) === "never") && part.form !== "segment";

// ── New conditions ──

const LEAST = { count: 1, sum: 100, average: 50, smallest: 50, largest: 100 };
const amount = (name) => ({ orders: name, at_least: LEAST[name] });
const agoOf = (name) => ({ orders: name, days_ago_at_least: 90 });
const told = (test) => ({ [test.op]: test.value });

export const NEW = {
  attribute: (name, kind) => ({ attribute: name, ...told(firstTest(kind)) }),
  did: (name) => ({ did: name }),
  first: () => ({ first: "Order Completed", days_ago_at_most: 30 }),
  last: () => ({ last: "Order Completed", days_ago_at_least: 90 }),
  sequence: () => ({ sequence: [{ did: "Product Viewed" }, { did_not: "Order Completed", within_days: 2 }], days: 30 }),
  orders: (name) => (name === "first" || name === "last" ? agoOf(name) : amount(name)),
  list: (name) => ({ list: name, at_least: 1 }),
  message: (name) => ({ message: name, channel: "email", days: 30 }),
  subscription: (name) => ({ subscription: name, channel: "email", is: "given" }),
  identifier: (name) => ({ identifier: name, is_set: true }),
  segment: (name) => ({ segment: name }),
  near: () => ({ near: { latitude: "", longitude: "", km: 10 } }),
  bucket: (name) => ({ bucket: name || "my test", from: 0, to: 10 }),
};

// Of a condition of the same form what still fits the other name is kept.
export function renamed(json, form, name) {
  const fresh = NEW[form](name);
  const measured = (one) => ["first", "last"].includes(one);
  if (form === "did") return { ...omit(json, ["where"]), did: name };
  if (form === "orders" && measured(name) !== measured(json.orders)) return { ...Object.fromEntries(Object.entries(json).filter(([key]) => !isOp(key))), ...fresh };
  if (form === "orders") return { ...json, orders: name };
  if (form === "message") return { ...(name === "left_out" ? json : omit(json, ["reason"])), message: name };
  if (form === "list" || form === "subscription" || form === "identifier") return { ...json, [form]: name };
  return fresh;
}

export const omit = (json, keys) => Object.fromEntries(Object.entries(json).filter(([key]) => !keys.includes(key)));

// Is there a value that was not filled in yet?
export function isUnfinished(value, key = "") {
  if (value === "") return true;
  if (Array.isArray(value)) return value.length ? value.some((one) => isUnfinished(one)) : key === "on" || isOp(key);
  return isObject(value) && Object.entries(value).some(([name, one]) => isUnfinished(one, name));
}
