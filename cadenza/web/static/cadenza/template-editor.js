// The editor of templates: line numbers, variables at the caret, and the mail in a frame that it cannot leave.

import { span } from "./text-lines.js";

// <code-area> — a textarea of code with its line numbers; marks the line of a refusal.
// In:  a <textarea> and an empty .code-lines child. Out: nothing of its own, the textarea is the form field.
class CodeArea extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    this.lines = this.querySelector(".code-lines");
    this.area.addEventListener("input", () => this.draw());
    this.area.addEventListener("scroll", () => (this.lines.scrollTop = this.area.scrollTop));
    this.draw();
  }

  draw() {
    const count = this.area.value.split("\n").length;
    if (count !== this.lines.childElementCount) this.lines.replaceChildren(...numbers(count));
    this.mark(this.marked);
  }

  mark(line) {
    this.marked = line;
    for (const [at, shown] of [...this.lines.children].entries()) shown.toggleAttribute("data-wrong", at + 1 === line);
    this.lines.scrollTop = this.area.scrollTop;
  }

  goTo(line) {
    const { start, end } = span(this.area.value, line);
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start, end);
    this.area.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(this.area).lineHeight));
    this.scrollIntoView({ block: "nearest" });
  }
}

const numbers = (count) =>
  Array.from({ length: count }, (_, at) => Object.assign(document.createElement("span"), { textContent: at + 1 }));

// <mail-paper form="editor" action="/x"> — shows what the server makes of a form, in a sandboxed frame.
// The next mail is loaded behind the present one, so that nothing flashes while one types.
let made = 0;

class MailPaper extends HTMLElement {
  connectedCallback() {
    this.load();
  }

  load() {
    const next = document.createElement("iframe");
    next.setAttribute("sandbox", "");
    next.title = this.getAttribute("label");
    next.name = `paper-${(made += 1)}`;
    next.dataset.coming = "";
    for (const old of this.querySelectorAll("[data-coming]")) old.remove();
    this.append(next);
    next.addEventListener("load", () => this.show(next));
    this.post(next.name);
  }

  show(next) {
    if (!next.isConnected || !next.dataset.posted) return;
    for (const old of this.querySelectorAll("iframe")) if (old !== next) old.remove();
    delete next.dataset.coming;
  }

  post(target) {
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: this.getAttribute("action"), target, hidden: true });
    for (const [name, value] of new FormData(document.getElementById(this.getAttribute("form")))) {
      const field = Object.assign(document.createElement("textarea"), { name, value });
      form.append(field);
    }
    document.body.append(form);
    this.querySelector(`iframe[name="${target}"]`).dataset.posted = "yes";
    form.submit();
    form.remove();
  }
}

customElements.define("code-area", CodeArea);
customElements.define("mail-paper", MailPaper);

const form = document.getElementById("editor");
let writing = document.getElementById("field-mjml"); // where a variable goes: the field one wrote in last

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-writes]")) writing = event.target;
});

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest?.(selector);
  let found;
  if ((found = on("[data-inserts]"))) insert(found);
  else if ((found = on("[data-chooses]"))) choose(found);
  else if ((found = on("[data-goes]"))) goTo(found.dataset.goes, Number(found.dataset.line));
});

function insert(button) {
  button.closest("[popover]").hidePopover();
  writing.focus();
  writing.setRangeText(button.dataset.inserts, writing.selectionStart, writing.selectionEnd, "end");
  changed(writing);
}

function choose(button) {
  const field = document.getElementById("profile");
  field.value = button.dataset.chooses;
  button.closest("dialog").close();
  changed(field);
}

const changed = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

function goTo(name, line) {
  const field = form.elements[name];
  if (!field) return;
  field.closest("details")?.setAttribute("open", "");
  const area = field.closest("code-area");
  if (area && line) area.goTo(line);
  else field.focus();
}

// After each answer: the refused line is marked, and a draft that is sound is drawn.
document.addEventListener("htmx:after:swap", () => {
  const verdict = document.getElementById("verdict");
  if (!verdict || verdict.dataset.seen) return;
  verdict.dataset.seen = "yes";
  const line = verdict.dataset.field === "mjml" ? Number(verdict.dataset.line) : 0;
  document.querySelector("code-area").mark(line);
  const paper = document.querySelector("mail-paper");
  paper.toggleAttribute("data-stale", !("fine" in verdict.dataset));
  if ("fine" in verdict.dataset) paper.load();
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return;
  event.preventDefault();
  document.querySelector("[data-saves]").click();
});

// Leaving with unsaved words asks first.
const APART = ["profile", "seen", "view", "width", "csrfmiddlewaretoken"];
const words = () => JSON.stringify([...new FormData(form)].filter(([name]) => !APART.includes(name)));
const saves = (event) => event.detail.ctx?.sourceElement?.matches?.("[data-saves]");
let kept = words();
let leaving = false; // a save that leads to another page must not ask

document.addEventListener("htmx:before:request", (event) => saves(event) && (leaving = true));
document.addEventListener("htmx:after:swap", (event) => {
  if (!saves(event)) return;
  leaving = false;
  if ("fine" in document.getElementById("verdict").dataset) kept = words();
});
addEventListener("submit", () => (leaving = true));
addEventListener("beforeunload", (event) => {
  if (!leaving && words() !== kept) event.preventDefault();
});
