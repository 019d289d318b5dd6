// What orders come to: "spent at least € 500 in the last 365 days, counting paid orders with the brand Acme".

import { choiceOf, testsOf } from "./comparisons.js";
import { el, word } from "./dom.js";
import { drawLimit, drawTests } from "./draw-values.js";
import { drawWindow, times } from "./draw-which.js";

const KINDS = { count: "count", sum: "sum", average: "money", smallest: "money", largest: "money", first: "when", last: "when" };
const NARROW = {
  status: ["circle-check", "of a certain state"],
  category: ["layers", "with a category"],
  brand: ["tag", "with a brand"],
  product: ["package", "with a product"],
  products: ["blend", "with products of a product segment"],
};
const LEAD = { status: "counting", category: "with the category", brand: "with the brand", product: "with the product", products: "with products of" };

export function drawOrders({ spot, subject, tools, told }) {
  const { orders: measure } = spot.json;
  const kind = KINDS[measure];
  const tests = testsOf(spot.json);
  const never = measure === "count" && choiceOf("count", tests[0]).key === "never";
  const drawn = drawTests(spot, kind, { unit: ["sum", "money"].includes(kind) ? told.currency : "" });
  const said = measure === "count" && !never ? word(times(tests.at(-1)?.value)) : null;
  return {
    words: [word(measure === "count" || measure === "sum" ? "who" : "whose"), never ? [drawn, subject] : [subject, drawn, said], drawWindow(spot), adder(spot, tools, told), drawLimit(spot, kind)],
    lines: Object.keys(NARROW).filter((key) => has(spot, key)).map((key) => line(spot, key)),
  };
}

const has = (spot, key) => spot.json[key] !== undefined && spot.json[key] !== null;

function adder(spot, tools, told) {
  const fresh = { status: "paid", category: "", brand: "", product: "", products: told.product_segments[0]?.value ?? "" };
  const offered = Object.keys(NARROW).filter((key) => !has(spot, key) && (key !== "products" || told.product_segments.length));
  if (!offered.length) return null;
  const acts = offered.map((key) => [...NARROW[key], () => spot.give(key, fresh[key], { focus: key, say: "Added." })]);
  return tools.menu({ label: "Only some orders", icon: "plus", text: "only …", key: spot.key("more"), side: "start", class: "narrower" }, acts);
}

function line(spot, key) {
  const { tools } = spot.builder;
  const drop = tools.button({ label: `Remove “${NARROW[key][1]}”`, icon: "x", key: spot.key(`${key}-drop`) }, () => spot.give(key, undefined, { focus: "more", say: "Removed." }));
  return el("div", { class: "clause-where", role: "group", "aria-label": `Only orders ${NARROW[key][1]}`, "data-at": `${spot.at}.${key}` }, word(LEAD[key]), DRAW[key](spot, key), key === "status" ? word("orders") : null, drop);
}

const DRAW = {
  status(spot, key) {
    const { tools, told } = spot.builder;
    const options = told.statuses.map((value) => ({ value, label: value }));
    return tools.select({ key: spot.key(key), label: "State of the order", value: spot.json[key], options, at: `${spot.at}.${key}` }, (value) => spot.set(key, value, { focus: key }));
  },
  category: (spot, key) => chosen(spot, key, "Category", "category"),
  brand: (spot, key) => chosen(spot, key, "Brand", "brand"),
  product: (spot, key) => chosen(spot, key, "Product", "product"),
  products(spot, key) {
    const { tools, told } = spot.builder;
    const id = spot.json[key];
    const text = told.product_segments.find((one) => one.value === id)?.label ?? (id ? "a segment that is gone" : "choose one");
    return tools.chooser({ key: spot.key(key), label: "Product segment", text, at: `${spot.at}.${key}`, value: id, groups: [{ label: "Product segments", options: told.product_segments }], strong: false, missing: !id }, (value) => spot.set(key, value, { focus: key }));
  },
};

// Chosen from the catalogue, by what one types.
function chosen(spot, key, label, what) {
  const { builder, json } = spot;
  const find = async (typed) => {
    const { options = [] } = await builder.seen.ask({ choose: what, q: typed });
    return [{ label: `In the catalogue`, options }];
  };
  const text = json[key] ? (builder.told.products[json[key]] ?? json[key]) : `choose a ${what}`;
  const pick = (value, name) => {
    if (what === "product") builder.told.products[value] = name;
    spot.set(key, value, { focus: key });
  };
  return builder.tools.chooser({ key: spot.key(key), label, text, at: `${spot.at}.${key}`, value: json[key], find, free: (typed) => `“${typed}”, as it is typed`, strong: false, missing: !json[key] }, pick);
}
