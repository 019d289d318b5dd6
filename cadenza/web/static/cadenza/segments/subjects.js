// What a condition can be about: everything that is known here, in groups, and the search over it.

const FATES = {
  opened: "opened a message",
  not_opened: "did not open a message",
  clicked: "clicked a link in a message",
  not_clicked: "clicked no link in a message",
  sent: "was sent a message",
  delivered: "received a message",
  left_out: "was left out of a message",
  bounced: "had a message bounce",
  complained: "complained about a message",
  unsubscribed: "unsubscribed from messages",
};
const ORDERS = [
  ["count", "ordered", "how many times"],
  ["sum", "spent", "total of orders"],
  ["average", "average order", "total by number"],
  ["smallest", "smallest order", ""],
  ["largest", "largest order", ""],
  ["first", "first order", "when it was"],
  ["last", "last order", "when it was"],
];
const MESSAGES = /^(Email|SMS|Viber|Push|Web Push) /;

// Words that begin lower: "Country" → "country", but "SMS" and "RFM" stay.
export const lower = (text) => (text.length > 1 && text[1] === text[1].toUpperCase() && text[1] !== text[1].toLowerCase() ? text : text.charAt(0).toLowerCase() + text.slice(1));

export const events = (told) => told.events.map((one) => ({ value: one.name, label: one.phrase, hint: one.name }));

// Groups of {value: "did:Order Completed", label, hint}; told is what the server says exists here.
export function subjects(told) {
  const dids = events(told).map((one) => ({ ...one, value: `did:${one.value}` }));
  return [
    { label: "What they ordered", options: ORDERS.map(([name, label, hint]) => ({ value: `orders:${name}`, label, hint })) },
    { label: "What they did", options: dids.filter((one) => !MESSAGES.test(one.hint)) },
    { label: "When, and one after another", options: [
      { value: "last:", label: "last did something", hint: "when, and what it was like" },
      { value: "first:", label: "first did something", hint: "when, and what it was like" },
      { value: "sequence:", label: "did one thing after another", hint: "and what they then did not do" },
    ] },
    { label: "Cart and wish list", options: [
      { value: "list:cart", label: "has products in the cart", hint: "now" },
      { value: "list:wishlist", label: "has products on the wish list", hint: "now" },
    ] },
    { label: "What is known of them", options: told.fields.map((one) => ({ value: `attribute:${one.name}`, label: lower(one.label), hint: one.covered ? "" : "not allowed yet" })) },
    { label: "Your messages", options: [
      ...Object.entries(FATES).map(([name, label]) => ({ value: `message:${name}`, label, hint: "" })),
      ...dids.filter((one) => MESSAGES.test(one.hint)).map((one) => ({ ...one, hint: "how often" })),
    ] },
    { label: "What they agreed to", options: told.topics.map((one) => ({ value: `subscription:${one.key}`, label: `subscription to ${one.title}`, hint: "" })) },
    { label: "How they are recognised", options: told.identifiers.map((one) => ({ value: `identifier:${one.kind}`, label: one.label, hint: "whether it is known" })) },
    { label: "Further", options: [
      { value: "segment:", label: "another segment", hint: "in it or not" },
      { value: "near:", label: "lives near a place", hint: "" },
      { value: "bucket:", label: "a share of everyone", hint: "drawn, always the same" },
    ] },
  ].filter(({ options }) => options.length);
}

// How a subject stands in its sentence, where that is not what the list calls it.
const SHORT = { "last:": "last", "first:": "first", "list:cart": "in the cart", "list:wishlist": "on the wish list" };

export function spoken(groups, subject) {
  const found = groups.flatMap(({ options }) => options).find((one) => one.value === subject);
  const [form, name] = [subject.slice(0, subject.indexOf(":")), subject.slice(subject.indexOf(":") + 1)];
  if (form === "message") return FATES[name];
  if (form === "subscription") return found ? found.label.replace(/^subscription to /, "") : name;
  return SHORT[subject] ?? found?.label ?? (form === "did" ? `did “${name}”` : name.replaceAll("_", " "));
}

// The groups with what fits the words typed: all of them must occur; what begins with them stands first.
export function matching(groups, typed) {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return groups;
  const scored = groups.map((one) => ({ ...one, options: ranked(one.options, words, one.label) })).filter(({ options }) => options.length);
  const best = ({ options }) => Math.min(...options.map((one) => one.rank));
  return scored.sort((a, b) => best(a) - best(b));
}

function ranked(options, words, group) {
  const rank = ({ label, hint = "" }) => {
    const text = ` ${label} ${hint} `.toLowerCase();
    if (!words.every((word) => text.includes(word) || ` ${group} `.toLowerCase().includes(` ${word}`))) return null;
    if (label.toLowerCase().startsWith(words[0])) return 0;
    return words.every((word) => text.includes(` ${word}`)) ? 1 : 2;
  };
  const found = options.map((one) => ({ ...one, rank: rank(one) })).filter((one) => one.rank !== null);
  return found.sort((a, b) => a.rank - b.rank);
}
