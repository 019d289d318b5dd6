// Which stretch of time a condition looks at: `"days": 30`, `"in": "last_month"`, `"since": …` — read, shown and exchanged.

export const WINDOW_KEYS = ["days", "hours", "in", "since", "until", "first_days"];

const CALENDAR = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_year", "last_year"];
const said = (name) => ({ today: "today", yesterday: "yesterday" })[name] ?? name.replace("_", " ");

export const WINDOWS = [
  { value: "ever", label: "at any time" },
  { value: "last", label: "in the last" },
  { label: "Calendar", options: CALENDAR.map((name) => ({ value: name, label: said(name) })) },
  {
    label: "Between dates",
    options: [
      { value: "between", label: "from" },
      { value: "since", label: "since" },
      { value: "until", label: "until" },
    ],
  },
  {
    label: "After registering",
    options: [
      { value: "first_days", label: "in the first" },
      { value: "registered", label: "since registering" },
    ],
  },
];

const told = (json) => WINDOW_KEYS.filter((key) => json[key] !== undefined && json[key] !== null);

// The name of the window as WINDOWS lists it; null where the keys say more than one.
export function windowOf(json) {
  const keys = told(json);
  if (!keys.length) return "ever";
  if (keys.length === 2 && keys.includes("since") && keys.includes("until")) return "between";
  if (keys.length > 1) return null;
  const [key] = keys;
  if (key === "days" || key === "hours") return "last";
  if (key === "in") return CALENDAR.includes(json.in) ? json.in : null;
  if (key === "first_days") return json.first_days === "ever" ? "registered" : "first_days";
  return key;
}

// The same condition with another window; days and dates stay where they fit.
export function windowed(json, name) {
  const rest = Object.fromEntries(Object.entries(json).filter(([key]) => !WINDOW_KEYS.includes(key)));
  const days = Number.isInteger(json.days) ? json.days : 30;
  if (name === "ever") return rest;
  if (name === "last") return { ...rest, days };
  if (name === "first_days") return { ...rest, first_days: Number.isInteger(json.days) ? json.days : 7 };
  if (name === "registered") return { ...rest, first_days: "ever" };
  if (name === "since") return { ...rest, since: json.since ?? "" };
  if (name === "until") return { ...rest, until: json.until ?? "" };
  if (name === "between") return { ...rest, since: json.since ?? "", until: json.until ?? "" };
  return { ...rest, in: name };
}

export const unitOf = (json) => (json.hours !== undefined && json.hours !== null ? "hours" : "days");

// Days as hours and the reverse: the number stays what it is.
export function inUnit(json, unit, keys = ["days", "hours"]) {
  const [days, hours] = keys;
  const [from, to] = unit === "hours" ? [days, hours] : [hours, days];
  return Object.fromEntries(Object.entries(json).map(([key, value]) => (key === from ? [to, value] : [key, value])));
}
