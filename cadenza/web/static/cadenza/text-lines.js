// Lines of a text, counted from 1.

// Where a line begins and ends, as a selection has it; beyond the last line, the end of the text.
export function span(text, line) {
  const lines = text.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const start = Math.min(before, text.length);
  return { start, end: start + (lines[line - 1] ?? "").length };
}
