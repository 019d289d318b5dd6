// What every page needs a script for, and nothing else: themes, requests, toasts, dialogs, copying, dropping files.
// Islands (<time-chart>) are loaded where they stand in the page.

const root = document.documentElement;
const by = (id) => document.getElementById(id);

// ── Themes: a cookie, so that the server writes it into the page and nothing flashes ──

const YEAR = 31536000;

function chooseTheme(theme) {
  root.dataset.theme = theme;
  document.cookie = `cadenza_theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
  showTheme();
  root.dispatchEvent(new CustomEvent("theme"));
}

function showTheme() {
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === root.dataset.theme));
  }
}

// ── A row of links that is wider than the screen: the current one is in sight ──

for (const here of document.querySelectorAll(".tabs [aria-current], .sections [aria-current]")) {
  here.scrollIntoView({ block: "nearest", inline: "center" });
}

// ── Toasts ──

const STAYS = 6000;
const MOST = 4; // toasts at once; the oldest go first

export function toast(text, tone = "info") {
  const made = by("toast-template").content.firstElementChild.cloneNode(true);
  made.dataset.tone = tone;
  made.querySelector(".toast-text").textContent = text;
  const shown = [...by("toasts").children];
  for (const old of shown.filter((one) => one.textContent === made.textContent)) old.remove();
  for (const old of shown.slice(0, Math.max(0, shown.length - MOST + 1))) old.remove();
  by("toasts").append(made);
  if (tone !== "error") leaveLater(made);
}

function leaveLater(shown) {
  setTimeout(() => (shown.matches(":hover, :focus-within") ? leaveLater(shown) : leave(shown)), STAYS);
}

function leave(shown) {
  shown.dataset.leaving = "";
  setTimeout(() => shown.remove(), 250);
}

// ── Asking first ──

const PATIENCE = 15000; // an answer that is a file leaves the page where it is

function ask(question, { label = "Continue", tone = "" } = {}) {
  const dialog = by("confirm");
  const yes = dialog.querySelector("[value=yes]");
  dialog.querySelector(".confirm-text").textContent = question;
  yes.textContent = label;
  yes.classList.toggle("danger", tone === "danger");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

const wording = (element) => ({ label: element.dataset.confirmLabel, tone: element.dataset.confirmTone });

document.addEventListener("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  event.preventDefault();
  ask(ctx.confirm, wording(ctx.sourceElement)).then((yes) => (yes ? issueRequest() : dropRequest()));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (form.dataset.confirm && !form.confirmed) {
    event.preventDefault();
    ask(form.dataset.confirm, wording(form)).then((yes) => {
      if (!yes) return;
      form.confirmed = true;
      form.requestSubmit(event.submitter);
    });
    return;
  }
  if (form.method !== "post") return;
  form.dataset.busy = "";
  setTimeout(() => delete form.dataset.busy, PATIENCE);
});

addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-busy]")) delete form.dataset.busy;
});

// ── Requests ──

let running = 0;

function busy(change) {
  running = Math.max(0, running + change);
  by("loading").toggleAttribute("data-busy", running > 0);
}

document.addEventListener("htmx:config:request", (event) => {
  const { request } = event.detail.ctx;
  if (new URL(request.action, location.href).origin !== location.origin) return;
  request.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});
document.addEventListener("htmx:before:request", (event) => quiet(event) || busy(1));
document.addEventListener("htmx:finally:request", (event) => quiet(event) || busy(-1));
document.addEventListener("htmx:error", () => toast("The server cannot be reached. Check your connection and try again.", "error"));
document.addEventListener("htmx:response:error", (event) => {
  const { status } = event.detail.ctx.response;
  if (status >= 500) toast("Something went wrong on our side. Nothing was changed; please try again.", "error");
});
document.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.tone));
document.addEventListener("htmx:after:swap", settle);

// Polling must not make the bar at the top flicker.
const quiet = (event) => event.detail.ctx.sourceEvent?.type === "every";

// ── Clicks ──

let pressed; // where the mouse went down: selecting text out of a dialog must not close it
document.addEventListener("pointerdown", (event) => (pressed = event.target));

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest?.(selector);
  let found;
  if ((found = on("[data-theme-choice]"))) chooseTheme(found.dataset.themeChoice);
  else if ((found = on("[data-opens]"))) by(found.dataset.opens)?.showModal();
  else if ((found = on("[data-closes]"))) found.closest("dialog")?.close();
  else if ((found = on("[data-dismisses]"))) leave(found.closest(".toast"));
  else if ((found = on("[data-copy]"))) copy(found);
  else if (event.target === pressed && pressed.matches?.("dialog.dialog")) pressed.close();
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return toast("The browser did not allow copying. Select the text and copy it by hand.", "error");
  }
  button.dataset.done = "";
  setTimeout(() => delete button.dataset.done, 1600);
  toast("Copied.", "success");
}

// ── Menus: arrow keys; a place where the browser has no anchors ──

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu") ?? openMenuOf(event.target);
  if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
  const items = [...menu.querySelectorAll("a, button:not(:disabled)")];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
  event.preventDefault();
  items.at(to % items.length)?.focus();
});

function openMenuOf(element) {
  const menu = by(element.getAttribute?.("popovertarget"));
  return menu?.matches(".menu:popover-open") ? menu : null;
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (event.newState !== "open" || !menu.matches?.(".menu") || CSS.supports("position-area", "block-end")) return;
  const place = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`).getBoundingClientRect();
  const room = innerHeight - place.bottom > menu.offsetHeight;
  menu.style.insetBlockStart = `${room ? place.bottom : place.top - menu.offsetHeight - 10}px`;
  menu.style.left = `${Math.max(8, Math.min(place.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
}, true);

// ── Keys: one letter presses what names it, while the focus is in the piece of the page that asked for it ──

const TYPED_IN = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  const piece = event.target.closest?.("[data-keys]");
  if (!piece || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPED_IN)) return;
  const named = piece.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!named) return;
  event.preventDefault();
  named.click();
});

// ── Files ──

class FileDrop extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const text = this.querySelector(".dropzone-text");
    const empty = [...text.childNodes];
    for (const kind of ["dragenter", "dragover"]) this.addEventListener(kind, () => (this.dataset.over = ""));
    for (const kind of ["dragleave", "drop"]) this.addEventListener(kind, () => delete this.dataset.over);
    input.addEventListener("change", () => {
      const files = [...input.files];
      this.toggleAttribute("data-full", files.length > 0);
      text.replaceChildren(...(files.length ? [files.map((file) => `${file.name} · ${size(file.size)}`).join(", ")] : empty));
    });
  }
}

export function size(bytes) {
  const step = bytes < 1e3 ? 0 : bytes < 1e6 ? 1 : bytes < 1e9 ? 2 : 3;
  return `${(bytes / 1000 ** step).toLocaleString("en", { maximumFractionDigits: step ? 1 : 0 })} ${["B", "kB", "MB", "GB"][step]}`;
}

customElements.define("file-drop", FileDrop);

// ── What a page or a swapped-in piece brings ──

function settle() {
  showTheme();
  for (const dialog of document.querySelectorAll("[data-open-now] dialog:not([open]), dialog[data-open-now]:not([open])")) {
    dialog.showModal();
  }
  if (document.querySelector("time-chart")) import("./time-chart.js");
}

for (const shown of document.querySelectorAll(".toast:not([data-tone=error])")) leaveLater(shown);
settle();
