// The server's refusal, marked at the part and the field where it belongs. It stands in #preview[data-problem-at].

import { el } from "./dom.js";

export function clearMarks(canvas) {
  for (const note of canvas.querySelectorAll(".builder-wrong")) note.remove();
  for (const marked of canvas.querySelectorAll("[data-wrong]")) delete marked.dataset.wrong;
  for (const marked of canvas.querySelectorAll("[aria-invalid]")) {
    marked.removeAttribute("aria-invalid");
    marked.removeAttribute("aria-describedby");
  }
}

// The deepest part of the page that stands where the server found something wrong, or in front of it.
export function nearest(at, places) {
  const among = places.filter((one) => at === one || at.startsWith(`${one}.`));
  return among.sort((a, b) => b.length - a.length)[0] ?? null;
}

// Gives whether there is such a part.
export function mark(canvas, { at, problem, hint }, icon) {
  clearMarks(canvas);
  const marked = [...canvas.querySelectorAll("[data-at]")];
  const place = at && nearest(at, marked.map((one) => one.dataset.at));
  if (!place) return false;
  const exact = marked.filter((one) => one.dataset.at === place).at(-1);
  const box = exact.closest("[data-part]");
  box.dataset.wrong = "";
  if (exact.matches("input, select, button")) {
    exact.setAttribute("aria-invalid", "true");
    exact.setAttribute("aria-describedby", "builder-wrong");
  }
  box.append(el("p", { class: "wrong builder-wrong", id: "builder-wrong" }, icon, [problem, hint].filter(Boolean).join(" ")));
  return true;
}
