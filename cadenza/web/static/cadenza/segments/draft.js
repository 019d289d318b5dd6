// What was built and not saved outlives a reload: kept in the tab, never on the server, and gone with the tab.

const PREFIX = "cadenza-segment:";

export function keep(storage, key, draft) {
  try {
    storage.setItem(PREFIX + key, JSON.stringify(draft));
  } catch {
    // A full or forbidden storage: then a reload begins anew.
  }
}

export function drop(storage, key) {
  try {
    storage.removeItem(PREFIX + key);
  } catch {
    // There was none.
  }
}

// The draft that is to be brought back over what the server shows, or null. One that was handed in to make a new
// segment is no draft any more; neither is one that says what is saved already.
export function recall(storage, key, shown) {
  let found = null;
  try {
    found = JSON.parse(storage.getItem(PREFIX + key));
  } catch {
    return null;
  }
  if (!found || typeof found.tree !== "string" || found.handedIn) return null;
  return isSame(found, shown) ? null : found;
}

const KEYS = ["name", "tree", "mode", "every", "day", "hour"];

export const isSame = (one, other) => KEYS.every((key) => (key === "tree" ? sameTree(one.tree, other.tree) : (one[key] ?? "") === (other[key] ?? "")));

function sameTree(one, other) {
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
  } catch {
    return one === other;
  }
}
