// Asks for samples, keeps them, and shows them.

class State {
  constructor() {
    this.lines = new Map();
    this.sections = new Map();
    this.order = new Map();
    this.asTables = false;
    this.isPaused = false;
    this.forget();
  }

  // Begins anew, as after a restart of the service.
  forget() {
    this.instance = "";
    this.sample = 0;
    this.answer = null;
    this.lines.clear();
    this.cache = new Map();
  }

  take(answer) {
    if (answer.instance !== this.instance) this.forget();
    this.instance = answer.instance;
    this.sample = answer.sample;
    this.answer = answer;
    this.cache = new Map();
    const seen = new Set();
    const keep = ({ id, first, values }) => {
      seen.add(id);
      let line = this.lines.get(id);
      if (!line) {
        line = { from: first, values: new Float64Array(answer.samples).fill(NaN) };
        this.lines.set(id, line);
      }
      // After a pause that was longer than the history, there is a gap.
      if (first > (line.last ?? first - 1) + 1) line.from = first;
      values.forEach((value, at) => {
        line.values[(first + at) % answer.samples] = value ?? NaN;
      });
      line.last = first + values.length - 1;
    };
    for (const { charts } of answer.sections) {
      for (const chart of charts) {
        for (const group of [chart.total, ...chart.groups]) group?.lines.forEach(keep);
        if (chart.rest) keep(chart.rest);
      }
    }
    for (const id of [...this.lines.keys()]) if (!seen.has(id)) this.lines.delete(id);
  }

  // The figures of a line, the oldest first, NaN where there are none.
  values({ id }) {
    const found = this.cache.get(id);
    if (found) return found;
    const { samples } = this.answer;
    const line = this.lines.get(id);
    const values = [];
    for (let sample = this.sample - samples + 1; sample <= this.sample; sample += 1) {
      values.push(line && sample >= line.from && sample > 0 ? line.values[sample % samples] : NaN);
    }
    this.cache.set(id, values);
    return values;
  }

  times() {
    const { samples, time, interval } = this.answer;
    return Array.from({ length: samples }, (_, at) => time - (samples - 1 - at) * interval * 1000);
  }

  // The group that is filtered to, or all.
  chosen(chart) {
    const group = this.route && chart.tile && chart.groups.find(({ labels }) => labels[0]?.[1] === this.route);
    return group || chart.total;
  }

  link(route) {
    return route ? `#route=${encodeURIComponent(route)}` : "#";
  }

  sort(name, key) {
    this.order.set(name, key);
    document.activeElement?.blur();
    this.redraw();
  }

  redraw() {
    if (this.answer) show(this);
  }
}

function show(state) {
  const { answer } = state;
  const { sections } = answer;
  showStatus(state);
  showConditions(answer);
  showTiles(state);
  showRoutes(state);
  const holder = byId("sections");
  for (const section of sections) {
    let made = state.sections.get(section.id);
    if (!made) {
      made = new Section(section.id, section.title, state);
      state.sections.set(section.id, made);
    }
    if (!made.node.isConnected) {
      const next = sections.slice(sections.indexOf(section) + 1).map(({ id }) => state.sections.get(id)?.node).find((node) => node?.isConnected);
      holder.insertBefore(made.node, next ?? null);
      showContents(state, sections);
    }
    made.show(section);
  }
  const there = new Set(sections.map(({ id }) => id));
  for (const [id, made] of state.sections) {
    if (!there.has(id)) {
      made.node.remove();
      state.sections.delete(id);
      showContents(state, sections);
    }
  }
  say(byId("notes"), [...answer.notes, `The history takes ${write(answer.bytes, "bytes")} of memory.`].join(" "));
}

function showContents(state, sections) {
  const links = sections.map(({ id, title }) => {
    const go = (event) => {
      event.preventDefault();
      const section = state.sections.get(id);
      if (!section) return;
      section.node.open = true;
      section.node.scrollIntoView();
      section.node.querySelector("summary").focus({ preventScroll: true });
    };
    return element("a", { href: "#", onclick: go }, foreign(words(title), 24));
  });
  byId("contents").replaceChildren(...links);
}

function showStatus({ answer, isPaused, error }) {
  const status = byId("status");
  const running = answer?.started ? `, running for ${seconds(Math.max(answer.time / 1000 - answer.started, 0))}` : "";
  const since = answer ? `${clock(answer.time)}${running}` : "no samples yet";
  status.classList.toggle("bad", Boolean(error));
  say(status, error ? `${error} Last sample: ${since}` : isPaused ? `Paused at ${since}` : since);
}

function showConditions({ conditions, judged, time }) {
  const holder = byId("standing");
  const sign = JSON.stringify([conditions, judged]);
  if (holder.sign === sign && !conditions.length) return;
  holder.sign = sign;
  const names = element("details", {}, element("summary", {}, `${judged.length} of the bundled alerts are judged, with their bundled limits`), element("p", {}, judged.join(", ")));
  if (!conditions.length) {
    holder.replaceChildren(element("p", { class: "calm" }, "None of their conditions holds."), element("div", { class: "calm" }, names));
    return;
  }
  const isOpen = holder.querySelector("details")?.open;
  const items = [];
  // One entry for each alert, with all that it holds for; those that fire come first.
  const alerts = new Set([...conditions].sort((one, other) => other.is_firing - one.is_firing).map(({ alert }) => alert));
  for (const alert of alerts) {
    const all = conditions.filter((condition) => condition.alert === alert);
    const [{ severity, summary }] = all;
    const isFiring = all.some(({ is_firing: fires }) => fires);
    const held = (since) => seconds(Math.max(time / 1000 - since, 0));
    const things = all.map(({ subject, figure, since, is_firing: fires }) => {
      const name = subject ? [foreign(subject), ": "] : [];
      const word = fires === isFiring ? "" : fires ? "firing, " : "pending, ";
      return element("li", {}, ...name, foreign(figure, 200), element("span", { class: "quiet" }, `, ${word}for ${held(since)}`));
    });
    items.push(element("li", { class: isFiring && severity === "critical" ? "bad" : "warning" },
      element("strong", {}, `${isFiring ? "firing" : "pending"}: ${alert}`), element("span", { class: "quiet" }, `${severity}. Runbook: `, element("code", {}, `${alert}.md`)),
      element("div", {}, summary), element("ul", { class: "things" }, ...things)));
  }
  names.open = Boolean(isOpen);
  holder.replaceChildren(element("ul", { class: "standing" }, ...items), element("div", { class: "calm" }, names));
}

function showTiles(state) {
  const tiles = [];
  const add = (title, line, unit, value, isBad) => {
    const values = line ?? [];
    tiles.push(element("div", { class: isBad ? "tile bad" : "tile" }, element("dt", {}, title), element("dd", {}, element("div", { class: "figure" }, write(value ?? latest(values), unit)), spark(values, 160, 26))));
  };
  for (const { charts } of state.answer.sections) {
    for (const chart of charts.filter(({ tile }) => tile)) {
      const group = state.chosen(chart);
      if (!group) continue;
      const lines = group.lines.map((line) => state.values(line));
      if (chart.shape === "latency") {
        const minute = mean(lines[0].slice(-12));
        const failed = minute ? mean(lines[1].slice(-12)) / minute : null;
        add(`${chart.tile} per second`, lines[0], "", latest(lines[0]));
        add(`${chart.tile} failed`, lines[1].map((value, at) => (lines[0][at] ? value / lines[0][at] : value)), "ratio", failed ?? 0, failed > 0.05);
        add(`${chart.tile} p95`, lines[3], chart.unit);
      } else {
        add(chart.tile, lines[0], chart.shape === "rate" ? `${chart.unit} rate`.trim() : chart.unit);
      }
    }
  }
  byId("tiles").replaceChildren(...tiles);
}

function showRoutes(state) {
  const names = new Set();
  for (const { id, charts } of state.answer.sections) {
    if (id !== "http" && id !== "grpc") continue;
    for (const chart of charts.filter(({ tile, by }) => tile && by)) for (const { labels } of chart.groups) names.add(labels[0]?.[1] ?? "");
  }
  const select = byId("route");
  const sorted = [...names].filter(Boolean).sort();
  const isKnown = !state.route || names.has(state.route);
  if (!isKnown) sorted.push(state.route);
  const sign = JSON.stringify(sorted);
  if (select.sign !== sign && document.activeElement !== select) {
    select.sign = sign;
    const options = sorted.map((name) => element("option", { value: name }, cut(clean(name), 60)));
    select.replaceChildren(element("option", { value: "" }, "all routes"), ...options);
  }
  if (document.activeElement !== select) select.value = state.route;
  const filter = byId("filter");
  filter.hidden = !state.route;
  const filterSign = `${isKnown} ${state.route}`;
  if (state.route && filter.sign !== filterSign) {
    filter.sign = filterSign;
    const text = isKnown ? "Requests, failures and latency are those of " : "There are no lines of its own for ";
    const all = element("a", { href: "#" }, "show all routes");
    filter.replaceChildren(text, foreign(state.route, 120), isKnown ? " alone. All else is of the whole process: " : ". What is shown is of all routes: ", all);
  }
}

// An address with a user and a password is no base for a request, so it is put together without them.
const ADDRESS = location.origin + location.pathname;

const state = new State();
let timer = null;
let asked = 0;

function readRoute() {
  const found = /^#route=(.*)$/.exec(location.hash);
  try {
    state.route = found ? decodeURIComponent(found[1]) : "";
  } catch {
    state.route = "";
  }
  state.redraw();
}

async function poll() {
  clearTimeout(timer);
  const turn = (asked += 1);
  let wait = 5000;
  let answer = null;
  try {
    const query = `since=${state.sample}&instance=${encodeURIComponent(state.instance)}`;
    const response = await fetch(`${ADDRESS}?${query}`, { cache: "no-store", credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(15000) });
    if (turn !== asked) return;
    if (response.status === 401 || response.status === 403) {
      state.error = "The credentials are no longer accepted: load the page again.";
    } else if (!response.ok) {
      state.error = `The service answers ${response.status}.`;
    } else {
      answer = await response.json();
      if (turn !== asked) return;
      state.error = "";
    }
  } catch {
    if (turn !== asked) return;
    state.error = "The service does not answer.";
  }
  // The second sample, which is the first with rates, is not far.
  if (answer) wait = answer.sample < 2 ? 1000 : answer.interval * 1000;
  if (!state.isPaused && !document.hidden) timer = setTimeout(poll, wait);
  if (answer) {
    state.take(answer);
    show(state);
  } else {
    showStatus(state);
  }
}

byId("pause").addEventListener("click", ({ currentTarget }) => {
  state.isPaused = !state.isPaused;
  currentTarget.setAttribute("aria-pressed", String(state.isPaused));
  if (state.isPaused) {
    clearTimeout(timer);
    asked += 1;
    showStatus(state);
  } else {
    poll();
  }
});
byId("tables").addEventListener("click", ({ currentTarget }) => {
  state.asTables = !state.asTables;
  currentTarget.setAttribute("aria-pressed", String(state.asTables));
  state.redraw();
});
byId("route").addEventListener("change", ({ currentTarget }) => {
  location.hash = state.link(currentTarget.value);
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", readRoute);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else if (!state.isPaused) poll();
});
readRoute();
poll();
