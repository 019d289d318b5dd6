// What conditions are drawn with: words, choices, fields and buttons, each with a key by which the focus finds it again
// after a change, and the place in the tree at which the server's refusal is marked.

export function el(tag, attributes = {}, ...children) {
  const found = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) found.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) found.setAttribute(name, value);
  }
  found.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return found;
}

export const word = (text) => el("span", { class: "word" }, text);
export const plural = (number, one, many = `${one}s`) => (number === 1 ? one : many);

export class Tools {
  constructor(icons) {
    this.icons = icons;
    this.made = 0;
  }

  id() {
    return `builder-part-${++this.made}`;
  }

  icon(name, size) {
    const found = this.icons.querySelector(`[data-icon="${name}"]`).firstElementChild.cloneNode(true);
    if (size) for (const side of ["width", "height"]) found.setAttribute(side, size);
    return found;
  }

  // A choice of few; options may be grouped: {label, options}.
  select({ key, label, value, options, at, strong }, pick) {
    const one = (option) => el("option", { value: option.value, disabled: option.disabled }, option.label);
    const made = el("select", { "aria-label": label, "data-key": key, "data-at": at, "data-strong": strong },
      options.map((option) => (option.options ? el("optgroup", { label: option.label }, option.options.map(one)) : one(option))));
    made.value = value;
    made.addEventListener("change", () => pick(made.value));
    return el("span", { class: "select" }, made, this.icon("chevrons-up-down", 14));
  }

  input({ key, label, value, at, type = "text", ...more }, take) {
    const made = el("input", { type, "aria-label": label, "data-key": key, "data-at": at, autocomplete: "off", ...more });
    made.value = value ?? "";
    made.addEventListener("input", () => take(made.value));
    return made;
  }

  number(told, take) {
    return this.input({ type: "number", step: "1", min: "0", inputmode: "numeric", ...told }, take);
  }

  // A day; what is no plain day stays a text that can be read and changed.
  date({ value, ...told }, take) {
    return this.input({ ...told, value, type: /^(\d{4}-\d\d-\d\d)?$/.test(value ?? "") ? "date" : "text" }, take);
  }

  button({ label, icon, key, text = "", primary = false, ...more }, act) {
    const style = ["button small", !primary && "quiet", !text && "icon-only", more.class].filter(Boolean).join(" ");
    const named = text && text === label ? null : label;
    const found = el("button", { type: "button", ...more, class: style, "aria-label": named, title: text ? null : label, "data-key": key }, icon ? this.icon(icon, 14) : null, text);
    if (act) found.addEventListener("click", act);
    return found;
  }

  // A button with a list of things to do: [icon, text, act]. Its keys are those of every menu (app.js).
  menu({ label, icon, key, text = "", side = "end", ...more }, acts) {
    const id = this.id();
    const menu = el("div", { class: "menu", id, popover: "auto", "data-side": side, role: "group", "aria-label": label });
    for (const [n, [picture, said, act]] of acts.entries()) {
      const item = el("button", { type: "button", autofocus: !n }, this.icon(picture), said); // opened, the first has the focus
      item.addEventListener("click", () => {
        menu.hidePopover();
        act();
      });
      menu.append(item);
    }
    const button = this.button({ label, icon, key, text, popovertarget: id, "aria-haspopup": "true", ...more });
    return el("span", { class: "menu-place" }, button, menu);
  }

  // Several of few: checkboxes that look like words.
  chips({ key, label, at, options, picked }, take) {
    const boxes = options.map(({ value }) => {
      const box = el("input", { type: "checkbox", "data-key": `${key}:${value}`, value });
      box.checked = picked.includes(value);
      box.addEventListener("change", () => take(boxes.filter((one) => one.checked).map((one) => one.value)));
      return box;
    });
    const labels = boxes.map((box, n) => el("label", { class: "chip" }, box, el("span", {}, options[n].label)));
    return el("span", { class: "chips", role: "group", "aria-label": label, "data-at": at, "data-key": key, tabindex: "-1" }, labels);
  }

  // Any number of values, each with its way out.
  tokens({ key, at, label = "Add a value", values, read, list }, take) {
    const shown = values.map((value, n) => {
      const gone = () => take(values.filter((_, other) => other !== n), `${value} removed.`);
      return el("span", { class: "token", "data-at": `${at}.${n}` }, el("bdi", {}, String(value)), this.button({ label: `Remove ${value}`, icon: "x", key: `${key}:${n}` }, gone));
    });
    const enter = this.input({ key, at, label, value: "", placeholder: values.length ? "or …" : "value, then Enter" }, () => {});
    const keep = () => {
      const text = enter.value.trim();
      if (text && !values.includes(read(text))) take([...values, read(text)], `${text} added.`);
    };
    enter.addEventListener("keydown", (event) => {
      if (event.key === "Enter") keep();
      if (event.key === "Backspace" && !enter.value && values.length) take(values.slice(0, -1), `${values.at(-1)} removed.`);
    });
    enter.addEventListener("change", keep);
    list?.(enter);
    return el("span", { class: "tokens" }, shown, enter);
  }

  // A word that opens the picker.
  chooser({ key, label, text, at, strong = true, missing = false, ...told }, pick) {
    const found = el("button", {
      type: "button", class: "chooser", "data-key": key, "data-at": at, "data-strong": strong, "data-missing": missing,
      "aria-haspopup": "dialog", "aria-expanded": "false", "aria-label": `${label}: ${text}`,
    }, el("bdi", {}, text), this.icon("chevrons-up-down", 14));
    const open = (typed = "") => this.picker.open({ ...told, anchor: found, label, typed }, pick);
    found.addEventListener("click", () => open());
    found.addEventListener("keydown", (event) => {
      const letter = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key !== "ArrowDown" && !letter) return;
      if (event.altKey) return;
      event.preventDefault();
      open(letter ? event.key : "");
    });
    return found;
  }
}
