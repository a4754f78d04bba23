// Sentences of the text table with a few marks in them, turned into elements:
//   $h_{t-1}$ letters of the chapters    `code`    *emphasis*    [text](name of a link)    {value}
// A value is put in last, as plain text: marks inside of it mean nothing. It may be an element, too.

const PART = /(\$[^$]+\$|`[^`]+`|\*[^*]+\*|\[[^\]]+\]\([a-z]+\)|\{[a-z]+\})/;
const WORDS = {
  sum: "\u2211", top: "\u22a4", odot: "\u2299", cdot: "\u00b7", sigma: "\u03c3", tau: "\u03c4",
  exp: "exp", tanh: "tanh", softmax: "softmax", cell: "cell", max: "max", sqrt: "\u221a",
  maxout: "maxout", dots: "\u2026", score: "score", to: "\u2192", le: "\u2264",
};
const TOKENS = new Set(["token", "tokens", "read", "source"]); // values that are tokens of a model
const LINKS = { // below the project
  heatmaps: "ch_attention/heatmaps.md#what-it-does-not-say",
  chapter: "ch_attention/README.md",
  first: "ch_seq2seq/README.md",
  forcing: "ch_seq2seq/teacher_forcing.md",
  beam: "ch_seq2seq/beam_search.md",
  cells: "ch_seq2seq/cells.md",
};

let base = null; // the way from this page to the project; null: the page lies somewhere else

// A page that was moved or sent to somebody has no project around it: its links would lead nowhere.
function findBase(home) {
  const found = home && location.pathname.endsWith("/" + encodeURI(home));
  base = found ? "../".repeat(home.split("/").length - 1) || "./" : null;
}

// A link to a file of the project; where there is none, its text and what the file is called.
function projectLink(path, ...texts) {
  return base === null ? element("span", {}, ...texts)
    : element("a", {href: base + encodeURI(path)}, ...texts);
}

function richText(text, values = {}) {
  return text.split(PART).filter((part) => part !== "").map((part) => richPart(part, values));
}

function richPart(part, values) {
  if (!PART.test(part)) return document.createTextNode(part);
  const inner = part.slice(1, -1);
  if (part[0] === "$") return mathText(inner);
  if (part[0] === "`") return element("code", {}, inner);
  if (part[0] === "*") return element("em", {}, inner);
  if (part[0] === "[") return link(part);
  const value = values[inner] ?? part;
  return value instanceof Node ? value
    : element("b", {class: TOKENS.has(inner) ? "value token" : "value"}, String(value));
}

function link(part) {
  const [, text, name] = part.match(/^\[(.*)\]\((.*)\)$/);
  const path = LINKS[name].split("#")[0];
  return projectLink(LINKS[name], ...richText(text), base === null ? ` (${path})` : "");
}

// Letters are italic, as in the chapters; an index or an exponent is small.
function mathText(source) {
  const node = element("span", {class: "math"});
  for (const {kind, text} of mathParts(source)) {
    if (kind === "up") node.append(text);
    else node.append(element({letter: "i", sub: "sub", sup: "sup"}[kind], {}, text));
  }
  return node;
}

// The same inside a figure, where there are no sub and sup elements.
function svgMath(source, attributes) {
  const node = svgElement("text", attributes);
  let shift = 0;
  for (const {kind, text} of mathParts(source)) {
    const level = {sub: 0.28, sup: -0.4}[kind] ?? 0;
    const part = svgElement("tspan", {class: `math-${kind}`}, text);
    if (level !== shift) part.setAttribute("dy", `${(level - shift).toFixed(2)}em`);
    shift = level;
    node.append(part);
  }
  return node;
}

function mathParts(source) {
  const parts = [];
  const pattern = /\\([a-z]+)|([_^])(?:\{([^}]*)\}|(\\[a-z]+|.))|([A-Za-z])|([^\\_^A-Za-z]+)/g;
  for (const [, word, mark, group, single, letter, other] of source.matchAll(pattern)) {
    if (word) parts.push({kind: "up", text: WORDS[word] ?? word});
    else if (mark) {
      const text = (group ?? single).replace(/\\([a-z]+)/g, (_, name) => WORDS[name] ?? name)
        .replace(/-/g, "\u2212");
      parts.push({kind: mark === "_" ? "sub" : "sup", text});
    } else if (letter) parts.push({kind: "letter", text: letter});
    else parts.push({kind: "up", text: other.replace(/-/g, "\u2212")});
  }
  return parts;
}
