// Figures and texts as people read them.

const NONE = "–";
// Characters that turn or hide the text around them. `bdi` isolates elements, but not titles and options.
const DECEIVING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const ACRONYMS = new Map([["http", "HTTP"], ["rpc", "RPC"], ["grpc", "gRPC"], ["db", "DB"], ["tls", "TLS"], ["cpu", "CPU"], ["fds", "FDs"], ["jwt", "JWT"], ["mfa", "MFA"], ["io", "I/O"], ["slo", "SLO"]]);

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const clean = (text) => String(text).replace(DECEIVING, "\ufffd");

function cut(text, most) {
  const characters = Array.from(text);
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}

function digits(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e15) return value.toExponential(2);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

function scaled(value, steps, suffixes) {
  let at = 0;
  while (at < suffixes.length - 1 && Math.abs(value) >= steps) {
    value /= steps;
    at += 1;
  }
  return `${digits(value)}${suffixes[at]}`;
}

function seconds(value) {
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size < 1e-3) return `${digits(value * 1e6)} µs`;
  if (size < 1) return `${digits(value * 1e3)} ms`;
  if (size < 120) return `${digits(value)} s`;
  if (size < 7200) return `${Math.round(value / 60)} min`;
  if (size < 172800) return `${digits(value / 3600)} h`;
  return `${digits(value / 86400)} d`;
}

// Writes a figure with its unit.
function write(value, unit) {
  if (!isNumber(value)) return NONE;
  switch (unit) {
    case "seconds": return seconds(value);
    case "bytes": return scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);
    case "ratio": return `${digits(Number((value * 100).toPrecision(2 + (Math.abs(value) >= 0.1))))} %`;
    case "rate": return `${size(value)}/s`;
    case "bytes rate": return `${scaled(value, 1024, [" B", " KiB", " MiB", " GiB"])}/s`;
    case "seconds rate": return digits(value);
    default: return size(value);
  }
}

// Writes a number without a unit, large ones short.
function size(value) {
  return Math.abs(value) >= 1e6 ? scaled(value / 1e6, 1000, ["M", "G", "T", "P"]) : digits(value);
}

function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

// Makes words of a metric's name: `http_server_request_duration_seconds` is "HTTP server request duration".
function words(name) {
  const stem = name.replace(/_(total|seconds|bytes|ratio)$/g, "").replace(/_(seconds|bytes)$/g, "");
  const all = stem.split(/[_\s]+/).map((word) => ACRONYMS.get(word) ?? word);
  const text = all.join(" ");
  return all[0] === all[0].toLowerCase() ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

// Says what the labels of a group are, without those that all groups share.
function named(labels, shared) {
  const own = labels.filter(([key, value]) => shared.get(key) !== value);
  const shown = own.length ? own : labels;
  return shown.map(([, value]) => value).join(" · ") || "all";
}

function sharedLabels(groups) {
  const shared = new Map(groups.length > 1 ? groups[0].labels : []);
  for (const { labels } of groups) {
    const own = new Map(labels);
    for (const [key, value] of shared) if (own.get(key) !== value) shared.delete(key);
  }
  return shared;
}
