// What the shop has seen, for suggestions while one types: asked of the server once, and kept for the page.

import { el } from "./dom.js";

export class Seen {
  constructor(address, place) {
    this.address = address;
    this.place = place; // where the lists of suggestions stand in the page
    this.answers = new Map();
    this.lists = new Map();
    this.known = new Map(); // details of events that have arrived
  }

  ask(query) {
    const key = new URLSearchParams(query).toString();
    if (!this.answers.has(key)) this.answers.set(key, this.fetch(key));
    return this.answers.get(key);
  }

  async fetch(query) {
    try {
      const answer = await fetch(`${this.address}?${query}`, { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : {};
    } catch {
      return {};
    }
  }

  // The details that events of a name carried: [[name, type]], once they are here.
  details(event) {
    return this.known.get(event) ?? null;
  }

  async look(event) {
    const { properties = [] } = await this.ask({ event });
    this.known.set(event, properties);
    return properties;
  }

  typeOf(event, detail) {
    return this.details(event)?.find(([name]) => name === detail)?.[1];
  }

  // Suggestions under an input, once somebody comes to it.
  suggest(input, query) {
    if (query) input.addEventListener("focus", () => this.list(input, query), { once: true });
    return input;
  }

  list(input, query) {
    const key = JSON.stringify(query);
    if (!this.lists.has(key)) {
      const list = el("datalist", { id: `seen-${this.lists.size}` });
      this.lists.set(key, list);
      this.place.append(list);
      this.ask(query).then(({ values = [] }) => list.append(...values.map((value) => el("option", { value }))));
    }
    input.setAttribute("list", this.lists.get(key).id);
  }
}
