// Undo and redo of a builder: what was, what is, what was taken back. Pure; a tree is never changed, so all are kept as they are.

const MOST = 200;

export const begin = (now) => ({ past: [], now, future: [], typing: "" });

// A new state. `typing` names the field one types in: a word is taken back as a whole, not by the letter.
export function step(history, now, typing = "") {
  if (typing && typing === history.typing) return { ...history, now, future: [] };
  return { past: [...history.past, history.now].slice(-MOST), now, future: [], typing };
}

export function undo({ past, now, future }) {
  return past.length ? { past: past.slice(0, -1), now: past.at(-1), future: [now, ...future], typing: "" } : null;
}

export function redo({ past, now, future }) {
  return future.length ? { past: [...past, now], now: future[0], future: future.slice(1), typing: "" } : null;
}

// The field was left: what is typed next, even there, is another step.
export const settled = (history) => ({ ...history, typing: "" });
