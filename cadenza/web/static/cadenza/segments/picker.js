// The picker: a search over a grouped list, a combobox as ARIA describes it. One for the whole builder.
// The focus stays in the search box; the arrows move what is marked, Enter takes it, Escape leaves everything as it was.

import { el } from "./dom.js";
import { matching } from "./subjects.js";

const MOST = 300; // shown at once; who searches finds the others

export class Picker {
  constructor() {
    this.search = el("input", {
      type: "text", role: "combobox", class: "picker-search", autocomplete: "off", spellcheck: "false", placeholder: "Search…",
      "aria-autocomplete": "list", "aria-expanded": "true", "aria-controls": "picker-list",
    });
    this.list = el("div", { class: "picker-list", role: "listbox", id: "picker-list", tabindex: "-1" });
    this.none = el("p", { class: "menu-label", role: "status" });
    this.box = el("div", { class: "menu picker", popover: "auto", role: "dialog" }, this.search, this.list, this.none);
    this.listen();
  }

  listen() {
    this.search.addEventListener("input", (event) => {
      event.stopPropagation();
      this.show();
    });
    this.search.addEventListener("change", (event) => event.stopPropagation());
    this.search.addEventListener("keydown", (event) => this.press(event));
    this.list.addEventListener("mousemove", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.mark(this.options().indexOf(option), false);
    });
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the search
    this.list.addEventListener("click", (event) => this.take(event.target.closest("[role=option]")));
    this.box.addEventListener("toggle", (event) => event.newState === "closed" && this.closed());
    for (const event of ["scroll", "resize"]) addEventListener(event, () => this.place(), { passive: true, capture: true });
  }

  // groups: [{label, options: [{value, label, hint}]}], or find(typed) that promises them. free(typed) names what is not listed.
  open({ anchor, label, groups = [], find = null, free = null, value = "", typed = "" }, pick) {
    Object.assign(this, { anchor, groups, find, free, value, pick });
    this.box.setAttribute("aria-label", label);
    this.search.setAttribute("aria-label", label);
    this.list.setAttribute("aria-label", label);
    this.search.value = typed;
    anchor.setAttribute("aria-expanded", "true");
    this.box.showPopover();
    this.place();
    this.search.focus();
    this.show();
  }

  closed() {
    this.anchor?.setAttribute("aria-expanded", "false");
    clearTimeout(this.asking);
  }

  place() {
    if (!this.box.matches(":popover-open") || !this.anchor?.isConnected) return;
    const by = this.anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const below = innerHeight - by.bottom > height + 8 || by.top < height + 8;
    const left = document.dir === "rtl" ? by.right - width : by.left;
    this.box.style.top = `${Math.max(8, Math.min(below ? by.bottom + 4 : by.top - height - 4, innerHeight - height - 8))}px`;
    this.box.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  }

  show() {
    if (!this.find) return this.fill(matching(this.groups, this.search.value));
    clearTimeout(this.asking);
    const typed = this.search.value;
    this.mark(-1); // what is listed still answers an older word
    this.asking = setTimeout(async () => {
      const groups = await this.find(typed.trim());
      if (typed === this.search.value) this.fill(groups);
    }, this.list.childElementCount ? 150 : 0);
  }

  fill(groups) {
    const typed = this.search.value.trim();
    const listed = groups.flatMap(({ options }) => options);
    const own = this.free && typed && !listed.some((one) => one.value === typed) ? [{ label: "", options: [{ value: typed, label: this.free(typed) }] }] : [];
    let left = MOST;
    const drawn = [...groups, ...own].map((group) => {
      const options = group.options.slice(0, left);
      left -= options.length;
      return this.group(group.label, options);
    });
    this.list.replaceChildren(...drawn.filter(Boolean));
    this.list.hidden = !this.list.childElementCount;
    this.search.setAttribute("aria-expanded", String(!this.list.hidden));
    this.none.textContent = this.list.hidden ? "Nothing of that name." : "";
    this.none.hidden = !this.list.hidden;
    const now = this.options().findIndex((one) => one.dataset.value === this.value);
    this.mark(typed ? 0 : Math.max(0, now));
    this.place();
  }

  group(label, options) {
    if (!options.length) return null;
    const id = `picker-${label.replaceAll(/\W/g, "")}`;
    const head = label ? el("p", { class: "menu-label", id, role: "presentation" }, label) : null;
    return el("div", { role: "group", "aria-labelledby": label ? id : null }, head, options.map((one) => this.option(one)));
  }

  option({ value, label, hint }) {
    const said = hint && hint !== label ? el("span", { class: "menu-hint" }, hint) : null;
    return el("div", { role: "option", class: "picker-option", "data-value": value, "data-label": label, "aria-selected": "false" }, el("bdi", {}, label), said);
  }

  options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  mark(at, scroll = true) {
    const options = this.options();
    const marked = options[at];
    for (const one of options) one.setAttribute("aria-selected", String(one === marked));
    for (const one of options) one.removeAttribute("id");
    this.search.removeAttribute("aria-activedescendant");
    this.at = marked ? at : -1;
    if (!marked) return;
    marked.id = "picker-marked";
    this.search.setAttribute("aria-activedescendant", marked.id);
    if (scroll) marked.scrollIntoView({ block: "nearest" });
  }

  press(event) {
    event.stopPropagation();
    const count = this.list.querySelectorAll("[role=option]").length;
    const to = { ArrowDown: this.at + 1, ArrowUp: this.at - 1, PageDown: Math.min(count - 1, this.at + 8), PageUp: Math.max(0, this.at - 8) }[event.key];
    if (to !== undefined && count) {
      event.preventDefault();
      this.mark((to + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.take(this.options()[this.at]);
    } else if (event.key === "Tab") {
      this.box.hidePopover();
      this.anchor.focus();
    }
  }

  take(option) {
    if (!option) return;
    const { value, label } = option.dataset;
    this.box.hidePopover();
    this.anchor.focus();
    this.pick(value, label);
  }
}
