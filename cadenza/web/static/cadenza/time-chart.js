// <time-chart>: values over days or moments, drawn by uPlot.
// In:  JSON in its <script type="application/json"> child, a summary in data-summary, the table as HTML.
// Out: nothing; it is looked at. Colours come from the style sheet and follow the theme.

import uPlot from "./vendor/uplot/uPlot.esm.min.js";

const DAY = 86400;
const dark = matchMedia("(prefers-color-scheme: dark)");

export function writer(unit, short) {
  if (unit === "%") {
    const write = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });
    return (value) => write.format(value);
  }
  const size = short ? { notation: "compact", maximumFractionDigits: 1 } : { maximumFractionDigits: unit ? 2 : 1 };
  const kind = unit ? { style: "currency", currency: unit, minimumFractionDigits: short ? 0 : 2 } : {};
  const write = new Intl.NumberFormat("en-US", { ...kind, ...size });
  return (value) => write.format(value);
}

export function dater(days, span) {
  const zone = days ? { timeZone: "UTC" } : {};
  const long = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", ...(days ? {} : { hour: "2-digit", minute: "2-digit" }), ...zone });
  const parts = span > 700 * DAY ? { month: "short", year: "numeric" } : span > 3 * DAY || days ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" };
  const short = new Intl.DateTimeFormat("en-GB", { ...parts, ...zone });
  return { long: (x) => long.format(x * 1000), short: (x) => short.format(x * 1000) };
}

export function faded(colour, share) {
  return colour.replace(/^(\w+)\((.*?)(?:\s*\/[^)]*)?\)$/, `$1($2 / ${share})`);
}

class TimeChart extends HTMLElement {
  connectedCallback() {
    if (this.data) return this.listen();
    this.setAttribute("hx-morph-skip", ""); // morphing would take out what we drew; a new chart comes by outerHTML
    this.data = JSON.parse(this.querySelector("script").textContent);
    this.probe = document.createElement("i");
    this.probe.hidden = true;
    this.append(this.probe);
    this.build();
    this.redraw = () => this.draw();
    this.listen();
  }

  listen() {
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(this.plot);
    document.documentElement.addEventListener("theme", this.redraw);
    dark.addEventListener("change", this.redraw);
  }

  disconnectedCallback() {
    this.watch?.disconnect();
    document.documentElement.removeEventListener("theme", this.redraw);
    dark.removeEventListener("change", this.redraw);
  }

  build() {
    const { series, days, x, unit } = this.data;
    this.write = writer(unit, false);
    this.brief = writer(unit, true);
    this.dates = dater(days, (x.at(-1) ?? 0) - (x[0] ?? 0));
    this.legend = element("ul", "chart-legend", ...series.map((one) => element("li", "", swatch(one), one.label)));
    this.toggle = element("button", "button quiet small", "Show as table");
    this.toggle.type = "button";
    this.toggle.setAttribute("aria-pressed", "false");
    this.toggle.addEventListener("click", () => this.swap());
    this.plot = element("div", "chart-plot");
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", this.dataset.summary);
    this.tip = element("div", "chart-tip");
    this.tip.hidden = true;
    this.prepend(element("div", "chart-head", this.legend, this.toggle), this.plot, this.tip);
  }

  swap() {
    const table = this.dataset.as !== "table";
    this.dataset.as = table ? "table" : "plot";
    this.toggle.textContent = table ? "Show as chart" : "Show as table";
    this.toggle.setAttribute("aria-pressed", String(table));
    if (!table) this.fit();
  }

  colour(name) {
    this.probe.style.color = `var(${name})`;
    return getComputedStyle(this.probe).color;
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (!width || !height) return;
    if (!this.chart) this.draw();
    else if (this.chart.width !== width) this.chart.setSize({ width, height });
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (!width || !this.data.x.length) return;
    this.chart?.destroy();
    const rows = [this.data.x, ...this.data.series.map((one) => one.values)];
    this.chart = new uPlot({ width, height, ...this.options() }, rows, this.plot);
  }

  options() {
    const line = this.colour("--line");
    const ink = this.colour("--ink-3");
    const axis = { stroke: ink, font: "11px Inter, system-ui, sans-serif", grid: { show: false }, ticks: { show: false } };
    const bars = this.data.series.some((one) => one.kind === "bars");
    return {
      legend: { show: false },
      padding: [8, 8, 0, 0],
      tzDate: this.data.days ? (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC") : undefined,
      scales: { x: { time: true, range: bars ? (_, low, high) => pad(low, high, this.data.x) : undefined }, y: { range: (_, low, high) => reach(low, high) } },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 9 } },
      axes: [
        { ...axis, size: 26, gap: 6, space: 64, values: (_, at) => at.map(this.dates.short) },
        { ...axis, size: (self, texts) => 14 + 6.4 * Math.max(...(texts ?? [""]).map((text) => text.length)), gap: 6, space: 32, grid: { stroke: line, width: 1 }, values: (_, at) => at.map(this.brief) },
      ],
      series: [{}, ...this.data.series.map((one) => this.series(one))],
      hooks: { setCursor: [(chart) => this.point(chart)] },
    };
  }

  series({ label, kind, colour }) {
    const stroke = this.colour(`--chart-${colour}`);
    if (kind === "bars") return { label, stroke, fill: stroke, width: 0, paths: uPlot.paths.bars({ size: [0.72, 42], radius: 0.18 }), points: { show: false } };
    const few = this.data.x.length < 3;
    const fill = kind === "area" ? (chart) => gradient(chart, stroke) : undefined;
    return { label, stroke, width: 2, fill, paths: uPlot.paths.linear(), points: { show: few, size: 7, fill: stroke } };
  }

  point(chart) {
    const { idx, left } = chart.cursor;
    this.tip.hidden = idx == null || left < 0;
    if (this.tip.hidden) return;
    const rows = this.data.series.map((one) => element("li", "", swatch(one), one.label, element("b", "", this.told(one.values[idx]))));
    this.tip.replaceChildren(element("p", "", this.dates.long(this.data.x[idx])), element("ul", "", ...rows));
    const x = chart.over.offsetLeft + left;
    const flip = x + this.tip.offsetWidth + 24 > this.plot.clientWidth;
    this.tip.style.translate = `${flip ? x - this.tip.offsetWidth - 14 : x + 14}px ${this.plot.offsetTop + 8}px`;
  }

  told(value) {
    return value == null ? "–" : this.write(value);
  }
}

function element(name, kind, ...children) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...children);
  return made;
}

function swatch({ colour }) {
  const made = element("i", "");
  made.style.setProperty("--colour", `var(--chart-${colour})`);
  made.setAttribute("aria-hidden", "true");
  return made;
}

function gradient(chart, stroke) {
  const { top, height } = chart.bbox;
  const made = chart.ctx.createLinearGradient(0, top, 0, top + height);
  made.addColorStop(0, faded(stroke, 0.22));
  made.addColorStop(1, faded(stroke, 0.01));
  return made;
}

export function reach(low, high) {
  if (low == null || (low === 0 && high === 0)) return [0, 1];
  return uPlot.rangeNum(Math.min(0, low), Math.max(0, high), { min: { pad: low < 0 ? 0.1 : 0, soft: 0, mode: 1 }, max: { pad: 0.08, soft: 0, mode: 1 } });
}

function pad(low, high, x) {
  const step = x.length > 1 ? x[1] - x[0] : DAY;
  return [low - step * 0.6, high + step * 0.6];
}

customElements.define("time-chart", TimeChart);
