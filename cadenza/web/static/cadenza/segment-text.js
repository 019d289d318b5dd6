// <segment-text>: the condition of a <segment-builder> as text, for those who would rather type it, and back.
// In:  a <textarea>, a place for what is wrong, and the address that turns one into the other (`action`).
// Out: an edit of the builder for each text that can be read; a text that cannot is marked, and changes nothing.

import { span } from "./text-lines.js";
import * as tree from "./segments/tree.js";

const PATIENCE = 350; // milliseconds after the last letter

class SegmentText extends HTMLElement {
  connectedCallback() {
    this.builder = document.querySelector(this.getAttribute("for"));
    this.area = this.querySelector("textarea");
    this.wrong = this.querySelector(".wrong");
    this.area.addEventListener("input", (event) => {
      event.stopPropagation();
      this.later(() => this.send());
    });
    this.area.addEventListener("change", (event) => event.stopPropagation());
    this.builder.addEventListener("edited", (event) => event.detail.from !== "text" && this.follow());
    this.wrong.querySelector("button").addEventListener("click", () => this.goTo());
    this.closest("details")?.addEventListener("toggle", () => this.follow());
    this.addEventListener("shown", () => this.follow());
  }

  later(act) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(act, PATIENCE);
  }

  // The builder was changed: say it as text, once somebody can see it.
  follow() {
    this.later(() => this.receive());
  }

  async receive() {
    if (!this.checkVisibility() || !this.builder.root || tree.unfinished(this.builder.root)) return;
    const now = JSON.stringify(tree.write(this.builder.root));
    if (now === this.said) return;
    const { text, detail } = await this.ask({ tree: now });
    if (now !== JSON.stringify(tree.write(this.builder.root))) return;
    this.said = text === undefined ? null : now;
    if (text !== undefined) this.area.value = text;
    this.mark(text === undefined && detail ? { detail: "Mend the condition above first: it cannot be said as text." } : null);
  }

  async send() {
    const typed = this.area.value;
    const found = await this.ask({ text: typed });
    if (typed !== this.area.value) return;
    this.mark(found.tree === undefined ? found : null);
    if (found.tree === undefined) return;
    this.said = JSON.stringify(found.tree);
    this.builder.take(tree.read(found.tree), { typing: "text", from: "text" });
  }

  async ask(told) {
    this.asking?.abort();
    this.asking = new AbortController();
    const headers = { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content, Accept: "application/json" };
    try {
      const answer = await fetch(this.getAttribute("action"), { method: "POST", headers, body: new URLSearchParams(told), signal: this.asking.signal });
      return answer.status < 500 ? await answer.json() : { detail: "The server could not read it. Please try again." };
    } catch (error) {
      return error.name === "AbortError" ? {} : { detail: "The server cannot be reached. Check your connection and try again." };
    }
  }

  mark(problem) {
    if (problem && !problem.detail) return;
    this.line = Number(/\bline (\d+)/.exec(problem?.at ?? "")?.[1]) || 0;
    this.wrong.hidden = !problem;
    this.area.toggleAttribute("aria-invalid", false);
    if (!problem) return;
    this.area.setAttribute("aria-invalid", "true");
    const place = this.line ? ` (${problem.at})` : "";
    this.wrong.querySelector("span").textContent = `${problem.detail}${place} ${problem.hint ?? ""}`;
    this.wrong.querySelector("button").hidden = !this.line;
  }

  goTo() {
    const { start, end } = span(this.area.value, this.line);
    this.area.focus();
    this.area.setSelectionRange(start, end);
  }
}

customElements.define("segment-text", SegmentText);

// Tabs by ARIA: the arrows go from one to the next, and what it shows is shown at once.
for (const list of document.querySelectorAll('.written [role="tablist"]')) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  const choose = (tab) => {
    for (const one of tabs) {
      const panel = document.getElementById(one.getAttribute("aria-controls"));
      one.setAttribute("aria-selected", String(one === tab));
      one.tabIndex = one === tab ? 0 : -1;
      panel.hidden = one !== tab;
      if (one === tab) panel.querySelector("segment-text")?.dispatchEvent(new Event("shown"));
    }
    tab.focus();
  };
  list.addEventListener("click", (event) => event.target.matches('[role="tab"]') && choose(event.target));
  list.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    choose(tabs.at(to % tabs.length));
  });
}
