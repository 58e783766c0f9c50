// A chart of lines, with a cursor for pointer and keyboard, and the same figures as a table.

const HEIGHT = 170;
const MARGIN = { top: 8, right: 8, bottom: 18, left: 52 };

class Chart {
  constructor(title, name, help, unit) {
    this.unit = unit;
    this.title = title;
    this.lines = [];
    this.cursor = null;
    this.heading = element("h3", {}, title);
    this.plot = drawn("svg", { class: "plot", role: "img", tabindex: "0" });
    this.tip = element("div", { class: "tip", hidden: true });
    this.spoken = element("p", { class: "hidden", "aria-live": "polite" });
    this.legend = element("ul", { class: "legend", "aria-hidden": "true" });
    this.table = element("table", { hidden: true });
    const about = element("p", { class: "name", title: clean(help) }, foreign(name));
    this.node = element("figure", {}, element("figcaption", {}, this.heading, about), this.plot, this.legend, this.table, this.tip, this.spoken);
    this.plot.addEventListener("pointermove", (event) => this.point(event));
    this.plot.addEventListener("pointerleave", () => this.leave());
    this.plot.addEventListener("blur", () => this.leave());
    this.plot.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  // Shows lines: `{ text, values }`, all with the samples of `times`.
  show(lines, times, asTable) {
    this.lines = lines;
    this.times = times;
    this.asTable = asTable;
    this.plot.toggleAttribute("hidden", asTable);
    this.legend.hidden = asTable;
    this.table.hidden = !asTable;
    this.draw();
  }

  draw() {
    if (!this.times || !this.node.isConnected) return;
    if (this.asTable) this.drawTable();
    else this.drawPlot();
    this.drawTip(false);
  }

  top() {
    let top = 0;
    for (const { values } of this.lines) for (const value of values) if (isNumber(value) && value > top) top = value;
    return top || 1;
  }

  bottom() {
    let bottom = 0;
    for (const { values } of this.lines) for (const value of values) if (isNumber(value) && value < bottom) bottom = value;
    return bottom;
  }

  drawPlot() {
    const width = this.plot.clientWidth;
    if (!width) return;
    const inner = { width: width - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
    const bottom = this.bottom();
    const steps = ticks(bottom, this.top(), this.unit === "bytes");
    const top = steps[steps.length - 1];
    const last = this.times.length - 1;
    this.x = (at) => MARGIN.left + (last ? (at / last) * inner.width : inner.width);
    this.y = (value) => MARGIN.top + inner.height * (1 - (value - steps[0]) / (top - steps[0] || 1));
    const parts = [];
    for (const step of steps) {
      const y = this.y(step);
      parts.push(drawn("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y, y2: y }));
      parts.push(drawn("text", { x: MARGIN.left - 6, y: y + 4, "text-anchor": "end" }, write(step, this.unit)));
    }
    for (let at = 0; at <= 3; at += 1) {
      const text = at === 3 ? "now" : `−${15 - at * 5} min`;
      const anchor = at === 3 ? "end" : at === 0 ? "start" : "middle";
      parts.push(drawn("text", { x: MARGIN.left + (inner.width * at) / 3, y: HEIGHT - 4, "text-anchor": anchor }, text));
    }
    this.lines.forEach(({ values }, at) => {
      const runs = this.runs(values);
      const path = runs.map((run) => run.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("")).join("");
      if (this.lines.length === 1) {
        const floor = this.y(Math.max(steps[0], 0)).toFixed(1);
        const area = runs.filter((run) => run.length > 1);
        const shape = area.map((run) => `M${run[0][0].toFixed(1)} ${floor}${run.map(([x, y]) => `L${x.toFixed(1)} ${y.toFixed(1)}`).join("")}L${run[run.length - 1][0].toFixed(1)} ${floor}Z`);
        parts.push(drawn("path", { class: "area f0", d: shape.join("") }));
      }
      parts.push(drawn("path", { class: `line s${at % 8}`, d: path, "stroke-dasharray": dash(at) }));
      for (const run of runs) if (run.length === 1) parts.push(drawn("circle", { class: `dot f${at % 8}`, cx: run[0][0], cy: run[0][1], r: 2.5 }));
    });
    this.plot.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.plot.replaceChildren(...parts);
    this.plot.setAttribute("aria-label", `${clean(this.title)}. ${this.summary()} Arrow keys move through the samples.`);
    this.drawLegend();
  }

  // The parts of a line without a gap, as points.
  runs(values) {
    const runs = [];
    let run = null;
    values.forEach((value, at) => {
      if (!isNumber(value)) {
        run = null;
        return;
      }
      if (!run) runs.push((run = []));
      run.push([this.x(at), this.y(value)]);
    });
    return runs;
  }

  drawLegend() {
    const items = this.lines.map(({ text, values }, at) => {
      const sample = drawn("svg", { viewBox: "0 0 22 8" }, drawn("path", { class: `line s${at % 8}`, d: "M1 4L21 4", "stroke-dasharray": dash(at) }));
      return element("li", {}, sample, foreign(text, 48), element("b", {}, write(latest(values), this.unit)));
    });
    this.legend.replaceChildren(...items);
  }

  summary() {
    const parts = this.lines.slice(0, 8).map(({ text, values }) => {
      const there = values.filter(isNumber);
      if (!there.length) return `${clean(text)}: no figures yet.`;
      const highest = write(Math.max(...there), this.unit);
      return `${clean(text)}: ${write(latest(values), this.unit)} now, at most ${highest}.`;
    });
    return parts.join(" ");
  }

  drawTable() {
    const head = ["", "now", "mean", "lowest", "highest"].map((text, at) => element("th", { scope: "col", class: at ? null : "left" }, text));
    const rows = this.lines.map(({ text, values }) => {
      const there = values.filter(isNumber);
      const figures = there.length
        ? [latest(values), mean(there), Math.min(...there), Math.max(...there)]
        : [null, null, null, null];
      return element("tr", {}, element("th", { scope: "row", class: "left" }, foreign(text)), ...figures.map((value) => element("td", {}, write(value, this.unit))));
    });
    const caption = element("caption", { class: "hidden" }, `${clean(this.title)}, the last 15 minutes`);
    this.table.replaceChildren(caption, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
  }

  point(event) {
    const box = this.plot.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
    this.cursor = Math.round(Math.min(Math.max(share, 0), 1) * (this.times.length - 1));
    this.drawTip(false);
  }

  leave() {
    this.cursor = null;
    this.drawTip(false);
  }

  key(event) {
    const last = this.times.length - 1;
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12, Home: -last, End: last }[event.key];
    if (event.key === "Escape") return this.leave();
    if (step === undefined) return;
    event.preventDefault();
    this.cursor = Math.min(Math.max((this.cursor ?? last) + step, 0), last);
    this.drawTip(true);
  }

  drawTip(isSpoken) {
    for (const node of this.plot.querySelectorAll(".at")) node.remove();
    this.tip.hidden = this.cursor === null || this.asTable || !this.x;
    if (this.tip.hidden) {
      say(this.spoken, "");
      return;
    }
    const at = this.cursor;
    const x = this.x(at);
    this.plot.append(drawn("line", { class: "cursor at", x1: x, x2: x, y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
    const rows = [element("p", {}, clock(this.times[at]))];
    this.lines.forEach(({ text, values }, line) => {
      const value = values[at];
      if (isNumber(value)) this.plot.append(drawn("circle", { class: `dot at f${line % 8}`, cx: x, cy: this.y(value), r: 3.5 }));
      rows.push(element("p", {}, foreign(text, 48), ` ${write(value, this.unit)}`));
    });
    this.tip.replaceChildren(...rows);
    const isRight = x > this.plot.clientWidth / 2;
    const left = this.plot.offsetLeft ?? 0;
    this.tip.style.top = "3.2rem";
    this.tip.style.left = isRight ? "auto" : `${left + x + 24}px`;
    this.tip.style.right = isRight ? `${this.node.clientWidth - x - 2}px` : "auto";
    if (isSpoken) say(this.spoken, rows.map((row) => row.textContent).join(", "));
  }
}

const latest = (values) => {
  for (let at = values.length - 1; at >= Math.max(values.length - 3, 0); at -= 1) if (isNumber(values[at])) return values[at];
  return null;
};

// Round figures from `bottom` to `top`, both included.
function ticks(bottom, top, isBinary) {
  const raw = (top - Math.min(bottom, 0)) / 4;
  const base = isBinary ? 2 ** Math.floor(Math.log2(raw)) : 10 ** Math.floor(Math.log10(raw));
  const step = (isBinary ? [1, 2] : [1, 2, 2.5, 5, 10]).map((factor) => factor * base).find((size) => size >= raw) ?? base * 2;
  const steps = [];
  for (let at = Math.floor(Math.min(bottom, 0) / step); at <= Math.ceil(top / step); at += 1) steps.push(at * step);
  return steps.length > 1 ? steps : [0, step];
}
