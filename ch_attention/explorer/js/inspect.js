// The arithmetic of a touched cell, with the model's own numbers.
//
//   explain(session, {array, at, j}) -> null, or {
//     letters, value,            its name and the number that the figure shows
//     equation,                  in the letters of the chapters
//     terms: [{label, factors, product}],  the value, or what the function gets, is their sum
//     through: "tanh" or "sigma"   the function that the sum goes through, if any
//     also: {array, at, j}       another cell to explain with this one: the score behind a share
//     over: {k, highest}         of a softmax: the value is the k-th term, divided by their sum
//     note, said: {values of it}, places}  what the trace calls the arrays shown in the Python code
//
// A label is a text, or {math} in the letters of the chapters; said.from is letters, too.
//
// array is what a trace calls it; `at` the step (of the encoder's arrays the position s), j the
// place in the array. The gates are "gate.i" of the decoder and "read.i" of the encoder.

function explain(session, {array, at, j}) {
  const [family, gate] = array.split(".");
  // An address may hold any name: those of every object explain nothing.
  const known = Object.hasOwn(EXPLAIN, family);
  const explained = known ? EXPLAIN[family](session, at, j, gate) : null;
  return explained && Number.isFinite(explained.value)
    ? {terms: [], note: null, said: {}, places: [], ...explained} : null;
}

const traceAt = (session, t) => session.path[t]?.r.trace;
const nameOf = (letter, index, j) => `${letter}_{${index}}[${j}]`;

const EXPLAIN = {
  x: (session, s, j) => tableEntry(session.enc.steps[s]?.x, s, j, "x", tokenOf(session, s)),
  y: (session, t, j) => tableEntry(traceAt(session, t)?.y, t, j, "y", tokenAt(session, t)),
  hs: (session, s, j) => named(explainState(encoderCell(session, s, j), "h_s", `h_{s=${s + 1}}`,
                                            j), tokenOf(session, s)),
  h: (session, t, j) => explainState(decoderCell(session, t, j), "h_t", `h_{t=${t + 1}}`, j),
  read: (session, s, j, gate) => named(explainPart(encoderCell(session, s, j), gate, `s=${s + 1}`,
                                                   j), tokenOf(session, s)),
  gate: (session, t, j, gate) => explainPart(decoderCell(session, t, j), gate, `t=${t + 1}`, j),
  score: explainScore,
  weight: explainWeight,
  c: explainContext,
  ch: explainBeside,
  v: explainVector,
  out: explainMaxout,
  logit: explainLogit,
  prob: explainProbability,
};

const named = (explained, token) => explained && {...explained, token};

// The token that the encoder reads at s, and the one that the decoder reads at t.
const tokenOf = (session, s) => columnOf(session, s)?.label;
const tokenAt = ({model, path}, t) => path[t] && shownToken(model.targetSymbols[path[t].id]);

function tableEntry(array, at, j, letter, token) {
  if (!array) return null;
  const source = letter === "x";
  return {letters: nameOf(letter, `${source ? "s" : "t"}=${at + 1}`, j), token, value: array[j],
          note: source ? "fromSourceTable" : "fromTargetTable", said: {token},
          places: [source ? "encoder.x" : "y"]};
}

// c_t = sum_s a_ts h_s, and what stands in its place in models that do not look.
function explainContext(session, t, j) {
  const trace = traceAt(session, t);
  if (!trace?.c) return null;
  const place = {letters: nameOf("c", `t=${t + 1}`, j), value: trace.c[j], places: ["c"]};
  const zeroed = (session.changes[t]?.context ?? session.changes.all.context) === "zero";
  if (zeroed) return {...place, equation: "c_t = 0", note: "zeroed"};
  if (session.model.attends) {
    const terms = session.columns.map(({label, s}) =>
      term(`${label}  (s = ${s + 1})`, trace.weights[s], session.enc.hs[s][j]));
    return {...place, equation: "c_t = \\sum_s a_{ts} h_s", terms};
  }
  if (session.model.kind === "peeky") {
    return {...place, letters: `z[${j}]`, equation: "z = h_S", note: "copied",
            said: {from: `h_S[${j}]`}};
  }
  const {summary} = session.model.decoder, h = topState(session.enc.state).h;
  return {...place, equation: "c = \\tanh(h_S V + b)", ...column(h, summary, j, "h"),
          through: "tanh"};
}

const topState = (state) => state[state.length - 1];

// What goes side by side into the next layer: each entry is a copy.
function explainBeside(session, t, j) {
  const trace = traceAt(session, t);
  if (!trace?.ch) return null;
  const parts = besideParts(session, trace);
  let start = 0;
  for (const part of parts) {
    if (j < start + part.values.length) {
      const joined = (key) => `[${parts.map((one) => one[key]).join("; ")}]`;
      return {letters: `${joined("name")}[${j}]`, value: trace.ch[j], equation: joined("letters"),
              terms: [term(`${part.name}[${j - start}]`, part.values[j - start])],
              note: "copied", said: {from: `${part.letters}[${j - start}]`}, places: ["ch"]};
    }
    start += part.values.length;
  }
  return null;
}

// The arrays that stand side by side: {name, letters, values, array: how one is touched}.
function besideParts({model}, trace) {
  const z = {name: "z", letters: "z", values: trace.c};
  const c = {name: "c", letters: model.kind === "cho" ? "c" : "c_t", values: trace.c};
  const h = {name: "h", letters: "h_t", values: trace.h};
  const y = {name: "y", letters: "y_t", values: trace.y};
  if (model.kind === "attention" || model.kind === "luong") return [c, h];
  if (model.kind === "peeky") return [h, z];
  if (model.kind === "bahdanau") {
    return [{name: "h", letters: "h_{t-1}", values: trace.before.h}, y, c];
  }
  if (model.kind === "cho") return [h, y, c];
  return [h];
}

function explainVector(session, t, j) {
  const trace = traceAt(session, t);
  if (!trace?.v) return null;
  const {attentional} = session.model.decoder;
  return {letters: nameOf("v", `t=${t + 1}`, j), value: trace.v[j], places: ["v"],
          equation: "v_t = \\tanh([c_t; h_t] W_c + b)",
          ...column(trace.ch, attentional, j, "ch"), through: "tanh"};
}

function explainMaxout(session, t, j) {
  const trace = traceAt(session, t), params = session.model.decoder.maxout;
  if (!trace || !params) return null;
  const sumOfColumn = (k) =>
    column(trace.ch, params, k, "ch").terms.reduce((sum, {product}) => sum + product, 0);
  const larger = sumOfColumn(2 * j) >= sumOfColumn(2 * j + 1) ? 2 * j : 2 * j + 1;
  return {letters: nameOf("s", `t=${t + 1}`, j), value: trace.out[j],
          equation: `s_t[${j}] = \\max(p[${2 * j}], p[${2 * j + 1}])`,
          ...column(trace.ch, params, larger, "ch"), note: "larger", places: ["out"]};
}

// What the output layer of each kind reads.
const READ_BY_OUTPUT = {
  seq2seq: "h_t", peeky: "[h_t; z]", attention: "[c_t; h_t]", luong: "v_t", bahdanau: "s_t",
  cho: "s_t",
};

function explainLogit(session, t, id) {
  const trace = traceAt(session, t);
  if (!trace || !(id < trace.logits.length)) return null;
  const {kind, decoder, targetSymbols} = session.model;
  return {letters: nameOf("o", `t=${t + 1}`, id), token: shownToken(targetSymbols[id]),
          value: trace.logits[id], equation: `o_t = ${READ_BY_OUTPUT[kind]} W + b`,
          ...column(trace.out, decoder.affine, id, outName(kind)), places: ["logits"]};
}

function outName(kind) {
  return {luong: "v", bahdanau: "s", cho: "s", attention: "ch", peeky: "hz"}[kind] ?? "h";
}

function explainProbability(session, t, id) {
  const trace = traceAt(session, t);
  if (!trace || !(id < trace.logits.length)) return null;
  const symbols = session.model.targetSymbols;
  const shares = shareTerms(trace.logits, (k) => shownToken(symbols[k]));
  return {letters: nameOf("p", `t=${t + 1}`, id), token: shownToken(symbols[id]),
          value: trace.probabilities[id],
          equation: "p(y_{t+1}) = \\softmax(o_t)", ...shares, over: {k: id, ...shares.over},
          also: {array: "logit", at: t, j: id}, places: ["probabilities"]};
}

// exp(x_k - max) of all k: the numerators of a softmax, and their sum.
function shareTerms(numbers, label, counts = () => true) {
  const indices = [...numbers.keys()].filter((k) => counts(k));
  const highest = Math.max(...indices.map((k) => numbers[k]));
  const terms = indices.map((k) =>
    ({...term(label(k), Math.exp(numbers[k] - highest)), k, exponent: [numbers[k], highest]}));
  return {terms, over: {highest}};
}

// Column j of x W + b, a term for each entry of x.
function column(x, {W, b}, j, name) {
  const columns = W.shape[1];
  const terms = Array.from(x, (value, k) => term(`${name}[${k}]`, value, W.data[k * columns + j]));
  return {terms: b ? [...terms, term(`b[${j}]`, b.data[j])] : terms};
}

function term(label, ...factors) {
  return {label, factors, product: factors.reduce((product, factor) => product * factor, 1)};
}
