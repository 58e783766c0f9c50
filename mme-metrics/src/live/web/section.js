// The sections of the page: one for each family, with its tables and charts.

// Closed until they are wanted: what few look at first.
const CLOSED = new Set(["business", "function", "cache", "connection", "security", "log", "memory", "spike", "build", "mme"]);

class Section {
  constructor(id, title, state) {
    this.id = id;
    this.state = state;
    this.charts = new Map();
    this.tables = new Map();
    this.cards = element("div", { class: "cards" });
    this.count = element("span", { class: "quiet" });
    const summary = element("summary", {}, element("h2", {}, foreign(words(title))), " ", this.count);
    this.node = element("details", { class: "family", open: !CLOSED.has(id) }, summary, this.cards);
    this.node.addEventListener("toggle", () => this.state.redraw());
  }

  show(section) {
    const number = section.charts.length;
    say(this.count, number && !this.node.open ? `${number} ${number === 1 ? "metric" : "metrics"}` : "");
    if (!this.node.open) return;
    const nodes = section.tables.map((table) => this.table(table.title, () => figures(table, this.state.answer.time / 1000)));
    for (const chart of section.charts) {
      if (chart.by && chart.shape === "latency" && (chart.tile ? chart.groups.length : chart.groups.length > 1)) nodes.push(this.table(chart.name, () => groups(chart, this.state)));
    }
    for (const chart of section.charts) nodes.push(...this.figures(chart));
    const kept = new Set(nodes);
    for (const node of [...this.cards.children]) if (!kept.has(node)) node.remove();
    nodes.forEach((node, at) => {
      if (this.cards.children[at] !== node) this.cards.insertBefore(node, this.cards.children[at] ?? null);
    });
    for (const draw of this.later.splice(0)) draw();
  }

  later = [];

  table(name, make) {
    let card = this.tables.get(name);
    if (!card) {
      card = element("div", { class: "card wide", tabindex: "0", role: "region", "aria-label": clean(words(name)) });
      this.tables.set(name, card);
    }
    // Not while it is used: a click on a link would go to an element that is gone.
    if (!card.matches(":active") && !(card.contains(document.activeElement) && card !== document.activeElement)) card.replaceChildren(make());
    return card;
  }

  chart(key, title, chart, unit) {
    let made = this.charts.get(key);
    if (!made) {
      made = new Chart(title, chart.name, chart.help, unit);
      this.charts.set(key, made);
    }
    return made;
  }

  figures(chart) {
    const { state } = this;
    const title = words(chart.name);
    const draw = (made, lines) => {
      this.later.push(() => made.show(lines, state.times(), state.asTables));
      return made.node;
    };
    if (chart.shape === "latency") {
      const group = state.chosen(chart);
      if (!group) return [];
      const [rate, failures, ...quantiles] = group.lines.map((line) => state.values(line));
      const isTime = chart.unit === "seconds";
      const subject = title.replace(/ duration$/, "");
      const of = chart.by && group.labels.length ? ` · ${clean(group.labels[0][1])}` : "";
      const rates = this.chart(`${chart.name} rate`, `${subject}: how many`, chart, "rate");
      const latency = this.chart(chart.name, `${subject}: ${isTime ? "how long" : "how large"}`, chart, chart.unit);
      say(rates.heading, `${subject}: how many${of}`);
      say(latency.heading, `${subject}: ${isTime ? "how long" : "how large"}${of}`);
      const counted = [{ text: "all", values: rate }];
      if (failures.some((value) => value > 0)) counted.push({ text: "failed", values: failures });
      return [
        draw(rates, counted),
        draw(latency, ["p50", "p95", "p99"].map((text, at) => ({ text, values: quantiles[at] }))),
      ];
    }
    const unit = chart.shape === "rate" ? `${chart.unit} rate`.trim() : chart.unit;
    const shared = sharedLabels(chart.groups);
    const lines = chart.groups.map((group) => ({ text: named(group.labels, shared), values: state.values(group.lines[0]) }));
    if (!lines.length && chart.total) lines.push({ text: "all", values: state.values(chart.total.lines[0]) });
    if (chart.rest && chart.left_out) lines.push({ text: `${chart.left_out} others`, values: state.values(chart.rest) });
    const made = this.chart(chart.name, title, chart, unit);
    say(made.heading, !chart.rest && chart.left_out ? `${title} (${chart.left_out} more are not shown)` : title);
    return [draw(made, lines)];
  }
}

// A table of present values.
function figures(table, now) {
  const isLeft = (unit) => unit === "text" || unit === "moment";
  const head = table.columns.map(([title, unit]) => element("th", { scope: "col", class: isLeft(unit) ? "left" : null }, title));
  const rows = table.rows.map(({ cells, state }) => {
    const row = cells.map((cell, at) => {
      const unit = table.columns[at][1];
      const left = isLeft(unit) ? "left" : null;
      if (cell === null) return element("td", { class: left }, NONE);
      if (unit === "text") return element("td", { class: left }, foreign(cell));
      return element("td", { class: left }, unit === "moment" ? clock(Date.parse(cell)) : moment(cell, unit, now));
    });
    row[0]?.append(element("span", { class: "hidden" }, ` (${state})`));
    return element("tr", { class: state }, ...row);
  });
  const note = table.note ? element("span", { class: "quiet" }, table.note) : null;
  return element("table", {}, element("caption", {}, table.title, note), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
}

// Writes a moment by the clock of the service, which may differ from that of the browser.
function moment(value, unit, now) {
  if (unit === "since") return value > 0 ? `${seconds(Math.max(now - value, 0))} ago` : NONE;
  if (unit === "until") return value > now ? seconds(value - now) : `expired ${seconds(now - value)} ago`;
  return write(value, unit);
}

// The groups of a metric, such as routes, with a link that filters to each.
function groups(chart, state) {
  const minute = (line) => mean(state.values(line).slice(-12));
  const rows = chart.groups.map((group) => {
    const [rate, failures, p50, p95, p99] = group.lines;
    const perSecond = minute(rate);
    const failed = perSecond ? minute(failures) / perSecond : null;
    return { key: group.labels[0]?.[1] ?? "", rate: perSecond, failed, p50: latest(state.values(p50)), p95: latest(state.values(p95)), p99: latest(state.values(p99)), values: state.values(rate) };
  });
  const columns = [["rate", "per second", "rate"], ["failed", "failed", "ratio"], ["p50", "p50", chart.unit], ["p95", "p95", chart.unit], ["p99", "p99", chart.unit]];
  const order = state.order.get(chart.name) ?? "rate";
  rows.sort((one, other) => (other[order] ?? -1) - (one[order] ?? -1) || (one.key < other.key ? -1 : 1));
  const heads = columns.map(([key, title]) => {
    const sort = element("button", { type: "button", onclick: () => state.sort(chart.name, key) }, title);
    return element("th", { scope: "col", "aria-sort": key === order ? "descending" : null }, sort);
  });
  const body = rows.map((row) => {
    const isChosen = row.key === state.route;
    const name = foreign(row.key || "(none)");
    const link = chart.tile ? element("a", { href: state.link(isChosen ? "" : row.key), "aria-current": isChosen ? "true" : null }, name) : name;
    const cells = columns.map(([key, , unit]) => element("td", {}, write(row[key], unit)));
    return element("tr", { class: row.failed > 0.05 ? "bad" : null }, element("td", { class: "left" }, link), ...cells, element("td", {}, spark(row.values, 90, 18)));
  });
  const left = chart.left_out ? `${chart.left_out} more are part of the totals only.` : "";
  const caption = element("caption", {}, `${words(chart.name).replace(/ duration$/, "")}, by ${words(chart.by)}`, element("span", { class: "quiet" }, `Rates and failures are those of the last minute. ${left}`));
  const head = element("tr", {}, element("th", { scope: "col", class: "left" }, words(chart.by)), ...heads, element("th", { scope: "col" }, "15 min"));
  return element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...body));
}

function mean(values) {
  const there = values.filter(isNumber);
  return there.length ? there.reduce((sum, value) => sum + value, 0) / there.length : null;
}
