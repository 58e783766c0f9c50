// Elements, made by calls of the DOM. Texts become text nodes and never markup.

const byId = (id) => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const element = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const drawn = (tag, attributes, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// A text from outside: isolated, cut, and whole on hover.
function foreign(text, most = 80) {
  const whole = clean(text);
  const short = cut(whole, most);
  return element("bdi", { title: short === whole ? null : whole }, short);
}

// Sets a text only where it differs, so that screen readers do not read it again.
function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const DASHES = ["", "7 3", "2 3", "9 3 2 3"];
const dash = (at) => DASHES[at % DASHES.length] || null;

// A small picture of one line.
function spark(values, width, height) {
  const there = values.filter(isNumber);
  const top = Math.max(...there, 1e-12);
  let path = "";
  let pen = "M";
  values.forEach((value, at) => {
    if (!isNumber(value)) {
      pen = "M";
      return;
    }
    const x = (at / Math.max(values.length - 1, 1)) * width;
    path += `${pen}${x.toFixed(1)} ${(height - 2 - (Math.max(value, 0) / top) * (height - 4)).toFixed(1)}`;
    pen = "L";
  });
  const box = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" };
  return drawn("svg", box, drawn("path", { class: "line s0", d: path, "vector-effect": "non-scaling-stroke" }));
}
