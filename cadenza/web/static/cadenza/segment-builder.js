// <segment-builder>: conditions about people, built as sentences.
// In:  JSON in its <script type="application/json"> child (what is known here, see segment_builder.py), the tree in its
//      <textarea>, icons in its <template>.
// Out: the textarea (the form field, and at once the view as JSON), an "edited" event after each edit, and a "recount"
//      event when the server should say whom it holds.
// What a change means is thought out in segments/tree.js and its kin; drawn in segments/draw-*.js; here they meet.

import { move, drawGroup } from "./segments/draw-brackets.js";
import { el, Tools } from "./segments/dom.js";
import * as history from "./segments/history.js";
import { clearMarks, mark } from "./segments/marks.js";
import { Picker } from "./segments/picker.js";
import { Seen } from "./segments/seen.js";
import { subjects } from "./segments/subjects.js";
import * as tree from "./segments/tree.js";

const TYPED_IN = "textarea, input:not([type=checkbox], [type=radio])";

class SegmentBuilder extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.told = JSON.parse(this.querySelector('script[type="application/json"]').textContent);
    this.tools = new Tools(this.querySelector("template").content);
    this.tools.picker = new Picker();
    this.field = this.querySelector("textarea[name=tree]");
    this.fields = new Map(this.told.fields.map((one) => [one.name, one]));
    this.kindOf = (name) => this.fields.get(name)?.kind ?? "text";
    this.groups = subjects(this.told);
    this.seen = new Seen(this.told.suggest, this);
    this.sentences = new Map();
    this.canvas = el("div", { class: "builder-canvas" });
    this.live = el("p", { class: "visually-hidden", role: "status" });
    this.bar = this.drawBar();
    this.prepend(this.bar, this.canvas, this.tools.picker.box, this.live);
    this.listen();
    this.readField();
    this.asked = this.field.value; // the page asks for this by itself
    this.dataset.ready = "";
    this.markFromPreview();
  }

  disconnectedCallback() {
    document.removeEventListener("htmx:after:swap", this.onSwap);
    document.removeEventListener("keydown", this.onKey);
    for (const failure of ["htmx:error", "htmx:response:error"]) document.removeEventListener(failure, this.onFailure);
  }

  listen() {
    this.onSwap = () => this.markFromPreview();
    this.onKey = (event) => this.pressUndo(event);
    this.onFailure = () => (this.asked = null); // nothing was answered: the same may be asked again
    for (const failure of ["htmx:error", "htmx:response:error"]) document.addEventListener(failure, this.onFailure);
    document.addEventListener("htmx:after:swap", this.onSwap);
    document.addEventListener("keydown", this.onKey);
    this.canvas.addEventListener("input", (event) => event.stopPropagation());
    this.canvas.addEventListener("change", (event) => event.stopPropagation());
    this.canvas.addEventListener("keydown", (event) => this.press(event));
    this.canvas.addEventListener("focusout", () => this.left());
    this.field.addEventListener("input", () => this.readField("json"));
  }

  // A field was left: what is typed next is another step; and now the server may say what is missing.
  left() {
    if (this.history) this.history = history.settled(this.history);
    if (!this.root || !tree.unfinished(this.root)) return;
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      const part = document.activeElement?.closest?.("segment-builder .builder-canvas .part, .menu");
      if (!part && this.root && tree.unfinished(this.root)) this.recount();
    }, 150);
  }

  // ── In and out ──

  get root() {
    return this.history?.now ?? null;
  }

  readField(typing = "") {
    try {
      const root = tree.read(JSON.parse(this.field.value || '{"all": []}'));
      this.history = this.history ? history.step(this.history, root, typing) : history.begin(root);
      this.unreadable = false;
      this.render();
      if (typing) this.tell({ recount: true, from: "json" });
    } catch (error) {
      this.unreadable = true;
      const why = error instanceof tree.Unreadable ? error.message : "The text is not JSON.";
      const text = el("p", {}, `The builder cannot show this: ${why} Mend it below, as JSON.`);
      this.canvas.replaceChildren(el("div", { class: "banner", "data-tone": "caution" }, this.tools.icon("triangle-alert"), el("div", { class: "banner-text" }, text)));
    }
    this.showSteps();
  }

  // A tree from elsewhere (the text, a template): one step that can be taken back.
  load(json) {
    this.take(tree.read(json));
  }

  // The tree was changed: draw it (unless only a value was typed), put it into the field, tell the page.
  take(root, { focus = "", say = "", draw = true, typing = "", from = "" } = {}) {
    this.history = history.step(this.history ?? history.begin(root), root, typing);
    this.show({ focus, draw, from });
    if (say) this.say(say);
  }

  show({ focus = "", draw = true, from = "" }) {
    this.unreadable = false;
    this.field.value = JSON.stringify(tree.write(this.root), null, 2);
    if (draw) this.render(focus);
    else clearMarks(this.canvas); // what was marked is being mended
    this.showSteps();
    this.tell({ recount: !tree.unfinished(this.root), from });
  }

  tell({ recount, from = "" }) {
    this.dispatchEvent(new CustomEvent("edited", { bubbles: true, detail: { from } }));
    if (recount) this.recount();
  }

  // Only what differs from what was asked last is asked again.
  recount() {
    if (this.asked === this.field.value) return;
    this.asked = this.field.value;
    this.dispatchEvent(new Event("recount", { bubbles: true }));
  }

  edit(id, change, options) {
    this.take(tree.changed(this.root, id, change), options);
  }

  say(text) {
    this.live.textContent = text;
  }

  // The sentence of one condition, by the server; null where it has none.
  sentence(json) {
    const key = JSON.stringify(json);
    if (!this.sentences.has(key)) this.sentences.set(key, this.askSentence(key));
    return this.sentences.get(key);
  }

  async askSentence(json) {
    const token = document.querySelector('meta[name="csrf-token"]').content;
    try {
      const answer = await fetch(this.told.sentence, { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" }, body: new URLSearchParams({ tree: json }) });
      return answer.ok ? (await answer.json()).sentence : null;
    } catch {
      return null;
    }
  }

  // ── Drawing ──

  render(focus = "") {
    this.places = tree.places(this.root);
    this.canvas.replaceChildren(drawGroup(this, this.root));
    if (focus) this.focusOn(focus);
  }

  // A key, or the id of a part: then what is to be filled in first, else its subject.
  focusOn(key) {
    const exact = this.canvas.querySelector(`[data-key="${CSS.escape(key)}"]`);
    const [id] = key.split(":");
    const part = this.canvas.querySelector(`[data-part="${CSS.escape(id)}"]`);
    const blank = !exact && [...(part?.querySelectorAll("[data-missing], .clause-words input:not([type=checkbox])") ?? [])].find((one) => one.matches("button") || !one.value);
    const first = part?.querySelector("[data-key]");
    (exact ?? (blank || first) ?? this.canvas.querySelector("[data-key]"))?.focus();
  }

  drawBar() {
    const act = (which) => () => this.travel(which);
    const button = (label, icon, keys, which) => this.tools.button({ label, icon, key: which, "aria-keyshortcuts": keys }, act(which));
    this.back = button("Undo", "undo-2", "Control+Z", "undo");
    this.forth = button("Redo", "redo-2", "Control+Shift+Z", "redo");
    this.count = el("span", { class: "bar-count", "aria-hidden": "true" }); // beside the preview where that is out of sight
    return el("div", { class: "builder-bar", role: "group", "aria-label": "Steps" }, this.count, this.back, this.forth);
  }

  showSteps() {
    for (const [button, steps] of [[this.back, this.history?.past], [this.forth, this.history?.future]]) button.setAttribute("aria-disabled", String(!steps?.length));
  }

  // ── Undo and redo ──

  travel(which) {
    const found = this.history && history[which](this.history);
    if (!found) return this.say(which === "undo" ? "Nothing to undo." : "Nothing to redo.");
    this.history = found;
    const focus = this.canvas.contains(document.activeElement) ? (document.activeElement.dataset.key ?? "") : "";
    this.show({ focus });
    return this.say(which === "undo" ? "Undone." : "Done again.");
  }

  pressUndo(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches?.(TYPED_IN)) return;
    const key = event.key.toLowerCase();
    const which = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : "";
    if (!which) return;
    event.preventDefault();
    this.travel(which);
  }

  press(event) {
    const target = event.target;
    if (event.key === "Enter" && target.matches("input")) event.preventDefault(); // it would save the segment
    const part = target.closest("[data-part]");
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key) || !part) return;
    event.preventDefault();
    move(this, part.dataset.part, event.key === "ArrowUp" ? -1 : 1, target.dataset.key ?? part.dataset.part);
  }

  // ── What the server said ──

  markFromPreview() {
    const told = document.getElementById("preview")?.dataset ?? {};
    this.count.textContent = told.problemAt ? "to be mended" : (told.said ?? "");
    if (!this.root || this.unreadable) return;
    const wrong = { at: told.problemAt, problem: told.problem, hint: told.hint };
    told.marked = mark(this.canvas, wrong, this.tools.icon("circle-alert", 14));
    if (told.said && told.said !== this.heard) this.say(told.said);
    this.heard = told.said;
  }
}

customElements.define("segment-builder", SegmentBuilder);
