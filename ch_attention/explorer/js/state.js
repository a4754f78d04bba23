// What the reader has chosen, and the address that holds it: what stands behind the # of the address
// brings another reader to the same sentence, the same step and the same changes.
//
//   #s=september+27%2C+1994&m=attention&at=w3&put=2:1&zero=all&heat=0.5&lang=ko

const AT_FIRST = {
  sentence: null, // null: an example of the model
  model: null, // the name of a model; null: the first one
  at: {phase: "write", k: 0}, // reading or writing, and the k-th token, from 0
  forced: {}, // {t: token}, what step t has to write
  zero: [], // steps with a context of zero, or "all"
  weights: {}, // {t: weights in the order in which the model reads}
  temperature: 1, // divides the scores of attention
  padding: 0, mask: true,
  way: "greedy", // "greedy", "sample" or "beam"
  seed: 1, heat: 1, // of sampling
  width: 4, normalise: "none", pick: 0, // of the beam; which of its answers is shown
  right: "", // the right answer, for teacher forcing
  frame: null, // of the film; null: the last one
  touched: null, // {array, at, j}
  language: "en", theme: "",
};

// What the numbers follow from; the rest is only which of them are shown, and how.
const COMPUTED = ["sentence", "forced", "zero", "weights", "temperature", "padding", "mask", "way",
                  "seed", "heat", "width", "normalise", "pick"];

function freshState() {
  return structuredClone(AT_FIRST);
}

// Each part of the address: how it is written, and how it is read again (undefined: not to be read).
const PARTS = {
  s: ["sentence", (text) => wellFormed(text), (text) => text.slice(0, 500)],
  m: ["model", (name) => wellFormed(name), (name) => name],
  at: ["at", ({phase, k}) => phase[0] + (k + 1), readPlace],
  put: ["forced", (forced) => writePairs(forced, writeToken), (text) => readPairs(text, readToken)],
  zero: ["zero", (zero) => (zero === "all" ? zero : zero.map((t) => t + 1).join(",")), readSteps],
  by: ["weights", (weights) => writePairs(weights, writeWeights),
       (text) => readPairs(text, readWeights)],
  temp: ["temperature", String, (text) => readNumber(text, 0.05, 20)],
  pad: ["padding", String, (text) => readCount(text, 12)],
  mask: ["mask", () => "off", (text) => (text === "off" ? false : undefined)],
  way: ["way", String, (text) => readOne(text, ["greedy", "sample", "beam"])],
  seed: ["seed", String, (text) => readCount(text, 1e6)],
  heat: ["heat", String, (text) => readNumber(text, 0.05, 20)],
  width: ["width", String, (text) => readCount(text, 8) || undefined],
  norm: ["normalise", String, (text) => readOne(text, ["none", "length", "wu"])],
  pick: ["pick", String, (text) => readCount(text, 8)],
  right: ["right", (text) => wellFormed(text), (text) => text.slice(0, 500)],
  film: ["frame", String, (text) => readCount(text, 1000)],
  touch: ["touched", ({array, at, j}) => `${array},${at},${j}`, readTouched],
  lang: ["language", String, (text) => readOne(text, ["en", "ko"])],
  theme: ["theme", String, (text) => readOne(text, ["dark", "light"])],
};

function writeAddress(state) {
  const written = new URLSearchParams();
  for (const [name, [key, write]] of Object.entries(PARTS)) {
    const chosen = JSON.stringify(state[key]) !== JSON.stringify(AT_FIRST[key]);
    if (chosen) written.set(name, write(state[key]));
  }
  return "#" + written;
}

// Nobody can make the page fail with an address: what cannot be read is left out.
function readAddress(hash, kept = {}) {
  const state = {...freshState(), ...kept};
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  for (const [name, [key, , read]] of Object.entries(PARTS)) {
    if (!given.has(name)) continue;
    const value = read(given.get(name));
    if (value !== undefined && value !== null) state[key] = value;
  }
  return state.way === "beam" ? {...state, ...withoutSteps(state)} : state;
}

// What is left of the changes where none counts at a single step: a beam chooses by itself.
function withoutSteps({zero}) {
  return {forced: {}, weights: {}, zero: zero === "all" ? zero : []};
}

function readPlace(text) {
  const [, letter, number] = text.match(/^([rw])(\d{1,4})$/) ?? [];
  return letter && {phase: letter === "r" ? "read" : "write", k: Math.max(0, number - 1)};
}

function readSteps(text) {
  if (text === "all") return text;
  const steps = text.split(",").map((t) => readCount(t)).filter((t) => t > 0).map((t) => t - 1);
  return [...new Set(steps)];
}

function writePairs(pairs, write = String) {
  return Object.entries(pairs).map(([t, value]) => `${Number(t) + 1}:${write(value)}`).join(";");
}

function readPairs(text, read) {
  const pairs = {};
  for (const part of text.split(";")) {
    const [t, value] = part.split(":");
    const step = readCount(t), found = value === undefined ? undefined : read(value);
    if (step > 0 && found !== undefined) pairs[step - 1] = found;
  }
  return pairs;
}

// A token may hold the signs that part the pairs.
function writeToken(token) {
  return wellFormed(token).replace(/[%:;]/g, encodeURIComponent);
}

function readToken(text) {
  return text.replace(/%(25|3A|3B)/g, decodeURIComponent) || undefined;
}

function writeWeights(row) {
  return Array.from(row, (a) => +a.toFixed(3)).join("_");
}

function readWeights(text) {
  const weights = text.split("_").map((share) => readNumber(share, 0, 1));
  const sum = weights.reduce((total, share) => total + share, 0);
  return sum > 0 ? weights.map((share) => share / sum) : undefined;
}

function readTouched(text) {
  const [array, at, j] = text.split(",");
  const place = {array, at: readCount(at), j: readCount(j)};
  return place.at === undefined || place.j === undefined ? undefined : place;
}

function readCount(text, most = 1e5) {
  return /^\d{1,7}$/.test(text ?? "") ? Math.min(most, Number(text)) : undefined;
}

function readNumber(text, least, most) {
  return /^\d*\.?\d+$/.test(text) ? Math.min(most, Math.max(least, Number(text))) : undefined;
}

function readOne(text, allowed) {
  return allowed.includes(text) ? text : undefined;
}
