// The page around the builder of segments: what it was begun with, its kind in a sentence, and the draft that outlives a
// reload. The condition itself is the business of <segment-builder>.

import { drop, isSame, keep, recall } from "./segments/draft.js";
import { meaning } from "./segments/kinds.js";

const form = document.querySelector(".segment-form");
const builder = form.querySelector("segment-builder");
const note = document.getElementById("draft-note");
const key = builder.told.draft;
const name = form.elements.name;

const read = () => Object.fromEntries(["name", "tree", "mode", "every", "day", "hour"].map((one) => [one, new FormData(form).get(one) ?? ""]));

function show(state) {
  for (const [one, value] of Object.entries(state)) {
    if (one === "tree" || !form.elements[one]) continue;
    form.elements[one].value = value;
  }
  if (form.elements.tree.value === state.tree) return;
  form.elements.tree.value = state.tree;
  form.elements.tree.dispatchEvent(new Event("input", { bubbles: true }));
}

// ── What was not saved ──

const saved = read(); // as the server has it
let leaving = false;
const isDirty = () => "unsaved" in form.dataset || !isSame(read(), saved);

function remember() {
  if (isSame(read(), saved)) drop(sessionStorage, key);
  else keep(sessionStorage, key, read());
}

function recallDraft() {
  const draft = recall(sessionStorage, key, saved);
  if (!draft || "unsaved" in form.dataset) return;
  show(draft);
  note.hidden = false;
}

note.querySelector("[data-discards]").addEventListener("click", () => {
  show(saved);
  drop(sessionStorage, key);
  note.hidden = true;
  name.focus();
});

form.addEventListener("submit", () => {
  leaving = true;
  keep(sessionStorage, key, { ...read(), handedIn: true });
});

addEventListener("beforeunload", (event) => {
  if (!leaving && isDirty()) event.preventDefault();
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  remember();
});

// ── The kind ──

const kind = form.querySelector(".kind");

function showKind() {
  const told = read();
  kind.dataset.mode = told.mode;
  kind.dataset.every = told.every;
  kind.querySelector(".kind-meaning").textContent = meaning(told, kind.dataset.zone);
}

// ── Beginning with something ──

const starts = new Map(builder.told.starts.map((one) => [one.key, one]));

function begin(link) {
  const start = starts.get(link.dataset.start);
  builder.load(start.tree);
  if (!name.value.trim() || [...starts.values()].some((one) => one.name === name.value)) name.value = start.name;
  for (const other of form.querySelectorAll("[data-start]")) other.toggleAttribute("aria-current", false);
  link.setAttribute("aria-current", "true");
  remember();
}

form.addEventListener("click", (event) => {
  const link = event.target.closest("[data-start]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  begin(link);
});

for (const event of ["input", "change", "edited"]) {
  form.addEventListener(event, () => {
    remember();
    showKind();
  });
}

recallDraft();
showKind();
