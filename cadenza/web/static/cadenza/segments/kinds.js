// What the kinds of a segment mean, in a sentence.

export function meaning({ mode, every, day, hour }, zone) {
  if (mode !== "scheduled") return "Whoever comes to fit is in it within seconds, and whoever no longer fits leaves as soon.";
  const at = `${String(hour).padStart(2, "0")}:00`;
  const days = { day: "every day", weekday: "from Monday to Friday", month: `on the ${ordinal(Number(day))} of every month` }[every] ?? "every day";
  const short = every === "month" && Number(day) > 28 ? " (the last day, where a month is shorter)" : "";
  return `Its people are found ${days}${short} at ${at}, ${zone} time. Between, nobody enters and nobody leaves.`;
}

export function ordinal(number) {
  const tens = number % 100;
  const ending = tens > 10 && tens < 14 ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[number % 10] ?? "th");
  return `${number}${ending}`;
}
