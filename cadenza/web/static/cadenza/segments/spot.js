// A place within one condition's JSON: what stands there, how the server names it, and how it is changed.

import { put } from "./tree.js";

export class Spot {
  constructor(builder, part, path = []) {
    this.builder = builder;
    this.part = part;
    this.path = path;
    this.json = path.reduce((json, key) => json?.[key], part.json);
  }

  get at() {
    return [this.builder.places.get(this.part.id), ...this.path].join(".");
  }

  key(name) {
    return `${this.part.id}:${[...this.path, name].join(".")}`;
  }

  in(...path) {
    return new Spot(this.builder, this.part, [...this.path, ...path]);
  }

  // change(json as it is by now) gives what is to stand here. focus is the name of a key here.
  change(change, { focus = "", ...options } = {}) {
    const all = (one) => ({ json: put(one.json, this.path, change) });
    this.builder.edit(this.part.id, all, { ...options, focus: focus && this.key(focus) });
  }

  set(key, value, options) {
    this.change((json) => ({ ...json, [key]: value }), options);
  }

  // What is typed: nothing is drawn anew under the hands.
  type(key, value) {
    this.set(key, value, { draw: false, typing: this.key(key) });
  }

  // Put something in or, with undefined, take it out.
  give(key, value, options) {
    this.change((json) => {
      const { [key]: _, ...rest } = json;
      return value === undefined ? rest : { ...rest, [key]: value };
    }, options);
  }
}
