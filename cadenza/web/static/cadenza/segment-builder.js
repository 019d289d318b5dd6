// <segment-builder>: conditions about people, built as sentences.
// In:  JSON in its <script type="application/json"> child: {fields, events, measures, categories, statuses, suggest},
//      the tree in its <textarea>, icons in its <template>.
// Out: the textarea (the form field, and at once the view as JSON), and a "change" event after each edit.
// The server's refusal stands in #preview[data-problem-at]; it is marked at the part of that place.
// What a change means is thought out in segment-tree.js; here it is only drawn.

import * as tree from "./segment-tree.js";

const JOINS = [
  { value: "all", label: "all", join: "all", not: false },
  { value: "any", label: "at least one", join: "any", not: false },
  { value: "none", label: "none", join: "any", not: true },
  { value: "notall", label: "not all", join: "all", not: true },
];
const HOW = [
  ["some", "at least once"],
  ["least", "at least"],
  ["exactly", "exactly"],
  ["most", "at most"],
  ["between", "between"],
  ["never", "never"],
];
const OTHER = "\u0000other";

let made = 0;

function el(tag, attributes = {}, ...children) {
  const found = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) found.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) found.setAttribute(name, value);
  }
  found.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return found;
}

const word = (text) => el("span", { class: "word" }, text);
const lower = (text) => (text.length > 1 && text[1] === text[1].toUpperCase() && text[1] !== text[1].toLowerCase() ? text : text.charAt(0).toLowerCase() + text.slice(1));

class SegmentBuilder extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.uid = `builder-${++made}`;
    this.told = JSON.parse(this.querySelector('script[type="application/json"]').textContent);
    this.icons = this.querySelector("template").content;
    this.field = this.querySelector("textarea");
    this.fields = new Map(this.told.fields.map((one) => [one.name, one]));
    this.seen = new Map();
    this.lists = new Map();
    this.canvas = el("div", { class: "builder-canvas" });
    this.live = el("p", { class: "visually-hidden", role: "status" });
    this.prepend(this.canvas, this.live);
    this.listen();
    this.readField();
    this.dataset.ready = "";
    this.markFromPreview();
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:after:swap", this.onSwap);
  }

  listen() {
    this.onSwap = () => this.markFromPreview();
    document.addEventListener("htmx:after:swap", this.onSwap);
    this.canvas.addEventListener("input", (event) => event.stopPropagation());
    this.canvas.addEventListener("change", (event) => event.stopPropagation());
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("focusout", () => this.root && tree.unfinished(this.root) && this.tellIfLeft());
    this.field.addEventListener("input", () => this.readField());
  }

  // Someone left a value empty: now the server may say so.
  tellIfLeft() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      const part = document.activeElement?.closest?.("segment-builder .builder-canvas .part, .menu");
      if (!part && this.root && tree.unfinished(this.root)) this.announceChange();
    }, 150);
  }

  // ── In and out ──

  readField() {
    try {
      this.root = tree.read(JSON.parse(this.field.value || '{"all": []}'));
      this.render();
    } catch (error) {
      this.root = null;
      const why = error instanceof tree.Unreadable ? error.message : "The text is not JSON.";
      const text = el("p", {}, `The builder cannot show this tree: ${why} Mend it below, under “As JSON”.`);
      this.canvas.replaceChildren(el("div", { class: "banner", "data-tone": "caution" }, this.icon("triangle-alert"), el("div", { class: "banner-text" }, text)));
    }
  }

  // The tree was changed: draw it (unless only a value was typed), put it into the field, tell the form.
  take(root, { focus = "", say = "", draw = true } = {}) {
    this.root = root;
    this.field.value = JSON.stringify(tree.write(root), null, 2);
    if (draw) this.render(focus);
    else this.clearMarks(); // what was marked is being mended
    if (say) this.live.textContent = say;
    if (!tree.unfinished(root)) this.announceChange();
  }

  announceChange() {
    this.dispatchEvent(new Event("change", { bubbles: true }));
  }

  change(id, change, options) {
    this.take(tree.changed(this.root, id, change), options);
  }

  changeTest(one, where, n, test, options) {
    const swap = (tests) => tests.map((old, place) => (place === n ? test : old));
    this.change(one.id, (now) => (where ? { where: now.where.map((w) => (w.id === where.id ? { ...w, tests: swap(w.tests) } : w)) } : { tests: swap(now.tests) }), options);
  }

  // ── Drawing ──

  render(focus = "") {
    this.places = tree.places(this.root);
    this.canvas.replaceChildren(this.drawGroup(this.root, 0));
    if (focus) this.focusOn(focus);
  }

  focusOn(key) {
    const found = this.canvas.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? this.canvas.querySelector(`[data-key^="${CSS.escape(key.split(":")[0])}:"]`);
    (found ?? this.canvas.querySelector("button, select, input"))?.focus();
  }

  icon(name, size) {
    const found = this.icons.querySelector(`[data-icon="${name}"]`).firstElementChild.cloneNode(true);
    if (size) for (const side of ["width", "height"]) found.setAttribute(side, size);
    return found;
  }

  select({ key, label, value, options, at, wide }, pick) {
    const made = el("select", { "aria-label": label, "data-key": key, "data-at": at, "data-wide": wide });
    for (const one of options) {
      if (one.options) made.append(el("optgroup", { label: one.label }, one.options.map((inner) => el("option", { value: inner.value }, inner.label))));
      else made.append(el("option", { value: one.value, disabled: one.disabled }, one.label));
    }
    made.value = value;
    made.addEventListener("change", () => pick(made.value));
    return el("span", { class: "select" }, made, this.icon("chevrons-up-down", 14));
  }

  input({ key, label, value, at, type = "text", list, ...more }, take) {
    const made = el("input", { type, "aria-label": label, "data-key": key, "data-at": at, autocomplete: "off", ...more });
    made.value = value ?? "";
    made.addEventListener("input", () => take(made.value));
    if (list) made.addEventListener("focus", () => this.suggest(made, list), { once: true });
    return made;
  }

  button({ label, icon, key, small = true, quiet = true, only = true, text = "", ...more }, act) {
    const style = ["button", small && "small", quiet && "quiet", only && "icon-only"].filter(Boolean).join(" ");
    const found = el("button", { type: "button", ...more, class: `${style} ${more.class ?? ""}`.trim(), "aria-label": only ? label : null, title: only ? label : null, "data-key": key }, this.icon(icon, 14), text);
    if (act) found.addEventListener("click", act);
    return found;
  }

  drawGroup(one, depth) {
    const now = JOINS.find((join) => join.join === one.join && join.not === one.not);
    const pick = (value) => {
      const { join, not } = JOINS.find((found) => found.value === value);
      this.change(one.id, { join, not }, { focus: `${one.id}:join` });
    };
    const join = this.select({ key: `${one.id}:join`, label: depth ? "How many of this group must hold" : "How many must hold", value: now.value, options: JOINS, at: this.places.get(one.id) }, pick);
    const legend = el("div", { class: "group-head" }, word(depth ? "match" : "People who match"), join, word("of these"), depth ? this.actions(one) : null);
    const parts = one.parts.map((inner, n) => this.drawPart(inner, n, one, depth + 1));
    const empty = one.parts.length ? null : el("p", { class: "builder-empty" }, "No condition yet: this is everyone you know.");
    const box = el(depth ? "div" : "fieldset", { class: "clause-group", "data-join": one.join, "data-part": one.id, "data-at": this.places.get(one.id), role: depth ? "group" : null, "aria-label": depth ? "Group of conditions" : null });
    if (!depth) box.append(el("legend", { class: "visually-hidden" }, "Conditions"));
    box.append(legend, ...parts, ...(empty ? [empty] : []), this.adders(one));
    return box;
  }

  drawPart(one, n, parent, depth) {
    const joiner = n ? (parent.join === "all" ? "and" : "or") : "";
    if (one.kind === "group") return el("div", { class: "part nested" }, joiner ? el("span", { class: "joiner" }, joiner) : null, this.drawGroup(one, depth));
    const words = el("div", { class: "clause-words" }, joiner ? el("span", { class: "joiner" }, joiner) : null, this.negation(one), this[`draw_${one.kind}`](one));
    const box = el("div", { class: "clause part", role: "group", "aria-label": `Condition ${n + 1} of ${parent.parts.length}`, "data-part": one.id, "data-at": this.places.get(one.id) });
    box.append(words, this.actions(one), ...(one.where ?? []).map((where, w) => this.drawWhere(one, where, w)));
    return box;
  }

  negation(one) {
    if (!one.not) return null;
    const undo = this.button({ label: "Take “not” away", icon: "x", key: `${one.id}:not` }, () => this.change(one.id, { not: false }, { focus: `${one.id}:subject` }));
    return el("span", { class: "token" }, "not", undo);
  }

  // ── The subject: what is asked about ──

  subjects() {
    const events = this.told.events.map((one) => ({ value: `did:${one.name}`, label: one.phrase, hint: one.name }));
    const orders = this.told.measures.map((one) => ({ value: `orders:${one.name}`, label: one.label, hint: one.hint }));
    const fields = this.told.fields.map((one) => ({ value: `attribute:${one.name}`, label: lower(one.label), hint: one.covered ? "" : "not allowed yet" }));
    return [
      { label: "What they ordered", options: orders },
      { label: "What they did", options: events },
      { label: "What is known of them", options: fields },
    ];
  }

  subject(one) {
    const value = { did: `did:${one.event}`, orders: `orders:${one.measure}`, attribute: `attribute:${one.name}` }[one.kind];
    const options = this.subjects();
    if (!options.some((of) => of.options.some((option) => option.value === value))) {
      options.unshift({ label: "Not known here", options: [{ value, label: one.kind === "did" ? `did “${one.event}”` : (one.name ?? one.measure) }] });
    }
    const at = `${this.places.get(one.id)}.${one.kind}`;
    return this.select({ key: `${one.id}:subject`, label: "What is asked", value, options, at, wide: true }, (picked) => {
      this.change(one.id, this.partOf(picked, one), { focus: `${one.id}:subject` });
    });
  }

  // A part about something; of an old part of the same kind what still fits is kept.
  partOf(value, old) {
    const [kind, name] = [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1)];
    const fresh = { did: () => tree.newDid(name), orders: () => tree.newOrders(name), attribute: () => tree.newAttribute(name, this.kind(name)) }[kind]();
    if (!old) return fresh;
    if (old.kind === "did" && kind === "did") return { event: name, where: [] };
    if (old.kind === "orders" && kind === "orders") return { measure: name, tests: fresh.tests };
    return { ...fresh, id: old.id };
  }

  kind(name) {
    return this.fields.get(name)?.kind ?? "text";
  }

  draw_attribute(one) {
    const kind = this.kind(one.name);
    return [word("whose"), this.subject(one), ...one.tests.flatMap((test, n) => this.drawTest(one, null, n, kind)), this.another(one, kind)];
  }

  draw_orders(one) {
    const currency = one.measure === "count" ? "" : this.told.currency;
    const never = tree.choiceOf(one.measure, one.tests[0]).key === "never";
    const [subject, tests] = [this.subject(one), one.tests.flatMap((test, n) => this.drawTest(one, null, n, one.measure, currency))];
    const plural = one.measure === "count" && !never ? word(one.tests.at(-1).value === 1 ? "time" : "times") : null;
    return [
      word(one.measure === "average" ? "whose" : "who"), ...(never ? [...tests, subject] : [subject, ...tests, plural]), this.another(one, one.measure),
      ...this.window(one), ...this.ofOrders(one),
    ];
  }

  // Which of the orders count.
  ofOrders(one) {
    if (!one.narrow && !one.category && !one.status) {
      const narrow = () => this.change(one.id, { narrow: true }, { focus: `${one.id}:category` });
      return [this.button({ label: "Only some orders", icon: "plus", only: false, text: "only some of them", key: `${one.id}:more`, class: "narrower" }, narrow)];
    }
    const at = this.places.get(one.id);
    const known = [...new Set([one.category, ...this.told.categories].filter(Boolean))];
    const categories = [{ value: "", label: "any category" }, ...known.map((name) => ({ value: name, label: name }))];
    const statuses = [{ value: "", label: "all orders" }, ...this.told.statuses.map((name) => ({ value: name, label: `${name} orders` }))];
    const pick = (key) => (value) => this.change(one.id, { [key]: value || null }, { focus: `${one.id}:${key}` });
    return [
      word("counting"), this.select({ key: `${one.id}:status`, label: "State of the order", value: one.status ?? "", options: statuses, at: `${at}.status` }, pick("status")),
      word("in"), this.select({ key: `${one.id}:category`, label: "Category", value: one.category ?? "", options: categories, at: `${at}.category` }, pick("category")),
    ];
  }

  draw_did(one) {
    const at = this.places.get(one.id);
    const how = this.select({ key: `${one.id}:how`, label: "How often", value: one.how, options: HOW.map(([value, label]) => ({ value, label })), at }, (value) => {
      const times = { times: one.times || 1, most: value === "between" ? Math.max(one.most ?? 0, (one.times || 1) + 1) : (one.most ?? 1) };
      const number = { least: "times", exactly: "times", most: "most", between: "times" }[value];
      const two = value === "least" && times.times < 2 ? { times: 2 } : {};
      this.change(one.id, { how: value, not: false, ...times, ...two }, { focus: `${one.id}:${number ?? "how"}` });
    });
    const count = (key, label, place) =>
      this.input({ key: `${one.id}:${key}`, label, value: one[key], type: "number", min: "0", step: "1", inputmode: "numeric", at: `${at}.${place}` }, (text) => this.change(one.id, { [key]: tree.typed("number", text) }, { draw: false }));
    const plural = { least: one.times, exactly: one.times, most: one.most, between: 2 }[one.how] === 1 ? "time" : "times";
    const numbers = {
      least: () => [count("times", "Times, at least", "times"), word(plural)],
      exactly: () => [count("times", "Times", "times"), word(plural)],
      most: () => [count("most", "Times, at most", "at_most"), word(plural)],
      between: () => [count("times", "Times, at least", "times"), word("and"), count("most", "Times, at most", "at_most"), word(plural)],
    };
    const often = [how, ...(numbers[one.how]?.() ?? [])];
    const detail = this.button({ label: "Add a detail", icon: "plus", only: false, text: "with a detail", key: `${one.id}:more`, class: "narrower" }, () => this.addWhere(one));
    return [word("who"), ...(one.how === "never" ? [how, this.subject(one)] : [this.subject(one), ...often]), ...this.window(one), detail];
  }

  window(one) {
    const options = [{ value: "ever", label: "at any time" }, { value: "last", label: "in the last" }];
    const picked = this.select({ key: `${one.id}:window`, label: "When", value: one.days === null ? "ever" : "last", options }, (value) => {
      this.change(one.id, { days: value === "last" ? 90 : null }, { focus: `${one.id}:${value === "last" ? "days" : "window"}` });
    });
    if (one.days === null) return [picked];
    const at = `${this.places.get(one.id)}.days`;
    const take = (text) => this.change(one.id, { days: text.trim() === "" ? "" : tree.typed("days", text) }, { draw: false });
    return [picked, this.input({ key: `${one.id}:days`, label: "Days", value: one.days, type: "number", min: "1", step: "1", inputmode: "numeric", at }, take), word("days")];
  }

  // ── Comparisons ──

  drawTest(one, where, n, kind, unit = "") {
    const tests = where ? where.tests : one.tests;
    const test = tests[n];
    const choice = tree.choiceOf(kind, test);
    const owner = where ?? one;
    const at = `${this.places.get(owner.id)}.${test.op}`;
    const taken = new Set(tests.filter((other) => other !== test).map((other) => other.op));
    const listed = tree.CHOICES[kind] ?? tree.CHOICES.text;
    const options = (listed.includes(choice) ? listed : [choice, ...listed]).map((found) => ({ value: found.key, label: found.label, disabled: taken.has(found.op) }));
    const key = `${owner.id}:op${n}`;
    const pick = this.select({ key, label: "Comparison", value: choice.key, options, at: choice.input ? null : at }, (value) => {
      const next = tree.testOf(kind, value, test);
      this.changeTest(one, where, n, next, { focus: tree.choiceOf(kind, next).input ? `${owner.id}:value${n}` : key });
    });
    const drop = n ? [this.button({ label: "Remove this limit", icon: "x", key: `${owner.id}:drop${n}` }, () => this.dropTest(one, where, n))] : [];
    return [n ? word("and") : null, pick, ...this.drawValue(one, where, n, choice, at, unit), ...drop];
  }

  drawValue(one, where, n, choice, at, unit) {
    const owner = where ?? one;
    const test = owner.tests[n];
    const key = `${owner.id}:value${n}`;
    const take = (text) => this.changeTest(one, where, n, { op: test.op, value: tree.typed(choice.input, text) }, { draw: false });
    const list = this.listOf(one, where);
    const number = { key, at, type: "number", value: test.value, step: "any", label: "Value" };
    const kinds = {
      text: () => [this.input({ key, at, label: "Value", value: test.value, list, placeholder: "value" }, take)],
      number: () => [unit ? word(unit) : null, this.input({ ...number, inputmode: "decimal" }, take)],
      days: () => [this.input({ ...number, step: "1", min: "0", label: "Days" }, take), word(choice.after ?? "days")],
      date: () => [this.input({ key, at, label: "Date", value: test.value, type: /^(\d{4}-\d\d-\d\d)?$/.test(test.value) ? "date" : "text" }, take)],
      texts: () => [this.drawTokens(one, where, n, choice, at, key, list)],
      numbers: () => [this.drawTokens(one, where, n, choice, at, key, null)],
    };
    return kinds[choice.input]?.() ?? [];
  }

  drawTokens(one, where, n, choice, at, key, list) {
    const test = (where ?? one).tests[n];
    const values = Array.isArray(test.value) ? test.value : [test.value];
    const set = (next, say) => this.changeTest(one, where, n, { op: test.op, value: next }, { focus: key, say });
    const tokens = values.map((value, place) =>
      el("span", { class: "token", "data-at": `${at}.${place}` }, String(value), this.button({ label: `Remove ${value}`, icon: "x", key: `${key}-${place}` }, () => set(values.filter((_, other) => other !== place), `${value} removed.`))),
    );
    const enter = this.input({ key, at, label: "Add a value", value: "", list, placeholder: values.length ? "or …" : "value, then Enter" }, () => {});
    const keep = () => {
      const text = enter.value.trim();
      const value = tree.typed(choice.input, text);
      if (text && !values.includes(value)) set([...values, value], `${text} added.`);
    };
    enter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") keep();
      if (event.key === "Backspace" && !enter.value && values.length) set(values.slice(0, -1), `${values.at(-1)} removed.`);
    });
    enter.addEventListener("change", keep);
    return el("span", { class: "tokens" }, ...tokens, enter);
  }

  another(one, kind) {
    const more = ["number", "time", "count", "sum", "average"].includes(kind) && one.tests.length === 1 && tree.choiceOf(kind, one.tests[0]).input;
    if (!more) return null;
    return this.button({ label: "Add a second limit", icon: "plus", key: `${one.id}:limit` }, () => {
      const listed = tree.CHOICES[kind];
      const wanted = { at_least: "at_most", more_than: "less_than", at_most: "at_least", less_than: "more_than", before: "after", after: "before", days_ago_at_most: "days_ago_at_least", days_ago_at_least: "days_ago_at_most" }[one.tests[0].op];
      const key = listed.find((choice) => choice.key === wanted)?.key ?? listed.find((choice) => choice.op !== one.tests[0].op).key;
      this.change(one.id, { tests: [...one.tests, tree.testOf(kind, key)] }, { focus: `${one.id}:value1` });
    });
  }

  dropTest(one, where, n) {
    const owner = where ?? one;
    const tests = owner.tests.filter((_, place) => place !== n);
    this.change(one.id, where ? { where: one.where.map((w) => (w.id === where.id ? { ...w, tests } : w)) } : { tests }, { focus: `${owner.id}:op0` });
  }

  // ── Details of an event ──

  drawWhere(one, where, n) {
    const seen = this.seen.get(one.event);
    if (!seen) this.look(one.event);
    const kind = tree.propertyKind(where, seen?.find(([name]) => name === where.property)?.[1]);
    const at = `${this.places.get(where.id)}.property`;
    const set = (property, options) => {
      const type = seen?.find(([name]) => name === property)?.[1] ?? kind;
      const tests = type === kind ? where.tests : [tree.firstTest(type)];
      this.change(one.id, { where: one.where.map((w) => (w.id === where.id ? { ...w, property, tests } : w)) }, options);
    };
    const names = [...new Set((seen ?? []).map(([name]) => name))];
    const free = where.free || (!names.length && seen);
    const options = [...new Set([where.property, ...names].filter(Boolean))].map((name) => ({ value: name, label: name.replaceAll("_", " ") }));
    const property = free
      ? this.input({ key: `${where.id}:property`, label: "Detail", value: where.property, at, placeholder: "name of the detail" }, (text) => set(text, { draw: false }))
      : this.select({ key: `${where.id}:property`, label: "Detail", value: where.property, at, options: [...(where.property ? [] : [{ value: "", label: seen ? "choose…" : "…" }]), ...options, { value: OTHER, label: "another …" }] }, (value) => {
          if (value === OTHER) this.change(one.id, { where: one.where.map((w) => (w.id === where.id ? { ...w, free: true, property: "" } : w)) }, { focus: `${where.id}:property` });
          else set(value, { focus: `${where.id}:property` });
        });
    const tests = where.tests.flatMap((_, place) => this.drawTest(one, where, place, kind));
    const remove = this.button({ label: "Remove this detail", icon: "x", key: `${where.id}:drop` }, () => {
      const next = one.where[n + 1] ?? one.where[n - 1];
      this.change(one.id, { where: one.where.filter((w) => w.id !== where.id) }, { focus: next ? `${next.id}:property` : `${one.id}:more`, say: "Detail removed." });
    });
    return el("div", { class: "clause-where", role: "group", "aria-label": `Detail ${n + 1}`, "data-at": this.places.get(where.id) }, word(n ? "and" : "with"), property, tests, remove);
  }

  addWhere(one) {
    const first = this.seen.get(one.event)?.[0];
    const where = tree.newWhere(first?.[0] ?? "", first?.[1] ?? "text");
    this.change(one.id, { where: [...one.where, where] }, { focus: `${where.id}:property`, say: "Detail added." });
  }

  // ── What the shop has seen, for suggestions ──

  async ask(query) {
    try {
      const answer = await fetch(`${this.told.suggest}?${new URLSearchParams(query)}`, { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : {};
    } catch {
      return {};
    }
  }

  async look(event) {
    this.seen.set(event, null);
    const { properties = [] } = await this.ask({ event });
    this.seen.set(event, properties);
    const focused = document.activeElement?.dataset?.key;
    if (!this.root) return;
    this.root = this.withFirst(event, properties);
    this.render(this.canvas.contains(document.activeElement) ? focused : "");
    this.markFromPreview();
  }

  // A detail that was waiting for its name gets the first one seen.
  withFirst(event, [first]) {
    const fill = (one) => {
      if (one.parts) return { ...one, parts: one.parts.map(fill) };
      if (one.event !== event || !first) return one;
      return { ...one, where: one.where.map((where) => (where.property || where.free ? where : { ...where, property: first[0], tests: [tree.firstTest(first[1])] })) };
    };
    return fill(this.root);
  }

  listOf(one, where) {
    if (one.kind === "attribute") return { field: one.name };
    return where && where.property ? { event: one.event, property: where.property } : null;
  }

  async suggest(input, query) {
    const key = JSON.stringify(query);
    if (!this.lists.has(key)) {
      const list = el("datalist", { id: `${this.uid}-list-${this.lists.size}` });
      this.lists.set(key, list);
      this.append(list);
      this.ask(query).then(({ values = [] }) => list.append(...values.map((value) => el("option", { value }))));
    }
    input.setAttribute("list", this.lists.get(key).id);
  }

  // ── Adding, moving, removing ──

  adders(one) {
    const add = this.picker(one, `${one.id}-add`, "Condition", (value) => {
      const part = this.partOf(value);
      const focus = part.kind === "attribute" && tree.unfinished(part) ? "value0" : "subject";
      this.take(tree.added(this.root, one.id, part), { focus: `${part.id}:${focus}`, say: "Condition added." });
    }, !one.parts.length);
    const nest = this.picker(one, `${one.id}-nest`, "Group", (value) => {
      const part = this.partOf(value);
      const around = tree.group(one.join === "all" ? "any" : "all", [part]);
      this.take(tree.added(this.root, one.id, around), { focus: `${part.id}:subject`, say: "Group added." });
    });
    return el("div", { class: "row builder-adders" }, add, nest);
  }

  // A button with a list of all that can be asked, and a search above it.
  picker(one, name, text, pick, strong = false) {
    const id = `${this.uid}-${name}`;
    const menu = el("div", { class: "menu picker", id, popover: "auto", "data-side": "start", role: "group", "aria-label": `Add: ${text.toLowerCase()}` });
    menu.addEventListener("beforetoggle", (event) => event.newState === "open" && this.fillPicker(menu, pick));
    menu.addEventListener("toggle", (event) => event.newState === "open" && menu.querySelector("input").focus());
    const button = this.button({ label: text, icon: "plus", key: `${one.id}:${name}`, only: false, quiet: !strong && text === "Group", text, popovertarget: id, "aria-haspopup": "true" });
    return el("span", {}, button, menu);
  }

  fillPicker(menu, pick) {
    const search = el("input", { type: "search", "aria-label": "Search what can be asked", placeholder: "Search…", autocomplete: "off" });
    const list = el("div", { class: "picker-list" });
    const show = () => {
      const wanted = search.value.trim().toLowerCase();
      const groups = this.subjects().map(({ label, options }) => ({ label, options: options.filter((one) => `${one.label} ${one.hint ?? ""}`.toLowerCase().includes(wanted)) }));
      const found = groups.filter(({ options }) => options.length);
      list.replaceChildren(...found.flatMap(({ label, options }) => [el("p", { class: "menu-label" }, label), ...options.map((one) => this.pickable(one, menu, pick))]));
      if (!found.length) list.append(el("p", { class: "menu-label" }, "Nothing of that name."));
    };
    search.addEventListener("input", show);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Home" || event.key === "End") event.stopPropagation();
      if (event.key === "Enter") list.querySelector("button")?.click();
    });
    menu.replaceChildren(search, list);
    show();
  }

  pickable(one, menu, pick) {
    const found = el("button", { type: "button" }, el("span", {}, one.label), one.hint && one.hint !== one.label ? el("span", { class: "menu-hint" }, one.hint) : null);
    found.addEventListener("click", () => {
      menu.hidePopover();
      pick(one.value);
    });
    return found;
  }

  actions(one) {
    const id = `${this.uid}-menu-${one.id}`;
    const key = `${one.id}:menu`;
    const isGroup = one.kind === "group";
    const acts = [
      ["copy", "Duplicate", () => this.duplicate(one)],
      ["arrow-up", "Move up", () => this.move(one.id, -1, key)],
      ["arrow-down", "Move down", () => this.move(one.id, 1, key)],
      ...(isGroup ? [["layers", "Dissolve the group", () => this.take(tree.unwrapped(this.root, one.id), { focus: `${one.parts[0].id}:subject`, say: "Group dissolved." })]] : [
        ["split", "Turn into the opposite", () => this.change(one.id, tree.opposite(one), { focus: key, say: "Turned into the opposite." })],
        ["layers", "Put into a group", () => this.take(tree.wrapped(this.root, one.id).root, { focus: `${one.id}:subject`, say: "Put into a group." })],
      ]),
    ];
    const menu = el("div", { class: "menu", id, popover: "auto", "data-side": "end", role: "group", "aria-label": isGroup ? "This group" : "This condition" });
    for (const [icon, text, act] of acts) {
      const item = el("button", { type: "button" }, this.icon(icon), text);
      item.addEventListener("click", () => {
        menu.hidePopover();
        act();
      });
      menu.append(item);
    }
    const more = this.button({ label: isGroup ? "More for this group" : "More for this condition", icon: "ellipsis", key, popovertarget: id, "aria-haspopup": "true" });
    const remove = this.button({ label: isGroup ? "Remove this group" : "Remove this condition", icon: "x", key: `${one.id}:remove` }, () => this.remove(one));
    return el("div", { class: "clause-actions" }, more, menu, remove);
  }

  duplicate(one) {
    const { root, focus } = tree.duplicated(this.root, one.id);
    this.take(root, { focus: `${focus}:${one.kind === "group" ? "join" : "subject"}`, say: "Duplicated." });
  }

  move(id, step, focus) {
    const before = JSON.stringify(tree.write(this.root));
    const root = tree.moved(this.root, id, step);
    const say = JSON.stringify(tree.write(root)) === before ? "It is at the edge already." : step < 0 ? "Moved up." : "Moved down.";
    this.take(root, { focus, say });
  }

  remove(one) {
    const { root, focus } = tree.without(this.root, one.id);
    const next = tree.find(root, focus);
    const left = tree.leaves(root);
    const key = next.kind === "group" ? `${focus}:${focus}-add` : `${focus}:subject`;
    this.take(root, { focus: key, say: `Removed. ${left} ${left === 1 ? "condition" : "conditions"} left.` });
  }

  press(event) {
    const target = event.target;
    if (event.key === "Enter" && target.matches("input")) event.preventDefault(); // it would save the segment
    const part = target.closest("[data-part]");
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key) || !part) return;
    event.preventDefault();
    this.move(part.dataset.part, event.key === "ArrowUp" ? -1 : 1, target.dataset.key ?? `${part.dataset.part}:subject`);
  }

  // ── The server's refusal, marked where it belongs ──

  clearMarks() {
    for (const note of this.canvas.querySelectorAll(".builder-wrong")) note.remove();
    for (const marked of this.canvas.querySelectorAll("[data-wrong]")) delete marked.dataset.wrong;
    for (const marked of this.canvas.querySelectorAll("[aria-invalid]")) {
      marked.removeAttribute("aria-invalid");
      marked.removeAttribute("aria-describedby");
    }
  }

  markFromPreview() {
    this.clearMarks();
    const told = document.getElementById("preview")?.dataset ?? {};
    if (!told.problemAt || !this.root) return;
    const among = [...this.canvas.querySelectorAll("[data-at]")].filter((one) => told.problemAt === one.dataset.at || told.problemAt.startsWith(`${one.dataset.at}.`));
    const exact = among.sort((a, b) => b.dataset.at.length - a.dataset.at.length)[0];
    const box = exact?.closest("[data-part]");
    if (!box) return;
    box.dataset.wrong = "";
    const id = `${this.uid}-wrong`;
    if (exact.matches("input, select")) {
      exact.setAttribute("aria-invalid", "true");
      exact.setAttribute("aria-describedby", id);
    }
    box.append(el("p", { class: "wrong builder-wrong", id }, this.icon("circle-alert", 14), [told.problem, told.hint].filter(Boolean).join(" ")));
  }
}

customElements.define("segment-builder", SegmentBuilder);
