// A line of a template is found by its number.
import assert from "node:assert/strict";
import { test } from "node:test";

import { span } from "../../cadenza/web/static/cadenza/text-lines.js";

const text = "one\ntwo\n\nfour";
const cut = (line) => text.slice(span(text, line).start, span(text, line).end);

test("each line is cut out without its end", () => {
  assert.deepEqual([1, 2, 3, 4].map(cut), ["one", "two", "", "four"]);
});

test("beyond the last line is the end of the text", () => {
  assert.deepEqual(span(text, 9), { start: text.length, end: text.length });
});
