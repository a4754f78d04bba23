// The numbers that the figures show, and for each of them what is explained when it is touched.
//
// A strip is {math or label, values, pick(j) -> {array, at, j}, active, scale, parts}, see strips.js.

function labelsByReading({columns}) {
  const labels = [];
  for (const {label, s} of columns) labels[s] = label;
  return labels;
}

// The states of the encoder, in the order in which it reads; those to come are null.
function encoderStrips(session, {phase, k}) {
  const labels = labelsByReading(session), last = phase === "read" ? k : session.S - 1;
  return session.enc.hs.map((h, s) => ({
    label: labels[s], values: s <= last ? h : null, size: h.length,
    active: phase === "read" && s === k, pick: (j) => ({array: "hs", at: s, j}),
  }));
}

// Inside the encoder's cell at the s-th token that it reads.
function readingStrips({enc}, s) {
  const {x, h, c, gates} = enc.steps[s];
  return [{math: "x_s", values: x, pick: (j) => ({array: "x", at: s, j}), scale: largest(x)},
          ...gateStrips(gates, c, "read", s),
          {math: "h_s", values: h, pick: (j) => ({array: "hs", at: s, j})}];
}

// What a cell does with one token; family: "read" of the encoder, "gate" of the decoder.
function gateStrips(gates, memory, family, at) {
  const strips = Object.entries(gates).map(([name, values]) =>
    ({math: name, values, pick: (j) => ({array: `${family}.${name}`, at, j})}));
  if (!memory) return strips;
  return [...strips, {math: "c", values: memory, scale: largest(memory),
                      pick: (j) => ({array: `${family}.c`, at, j})}];
}

// What the decoder reads at step k, and its state before and after.
function stateStrips(session, k) {
  const {trace} = session.path[k].r;
  return [
    {math: "y_t", values: trace.y, scale: largest(trace.y), pick: (j) => ({array: "y", at: k, j})},
    ...stripsBeside(session.model, trace, k),
    {math: "h_{t-1}", values: trace.before.h, pick: (j) => stateBefore(session, k, j)},
    {math: "h_t", values: trace.h, active: true, pick: (j) => ({array: "h", at: k, j})},
  ];
}

// What the cell reads beside y_t, as a strip, if there is something.
function stripsBeside({kind, config}, {c, fed}, k) {
  const math = besideLetters(kind, config);
  const before = (j) => (k > 0 ? {array: "v", at: k - 1, j} : null);
  if (kind === "luong" && math) return [{math, values: fed, pick: before}];
  return math ? [{math, values: c, pick: (j) => ({array: "c", at: k, j})}] : [];
}

// The state before step k: before the first one it is the encoder's last, unless that went through a
// layer, or is made of two directions.
function stateBefore({model, S}, k, j) {
  if (k > 0) return {array: "h", at: k - 1, j};
  return model.config.bidirectional || model.kind === "cho" ? null : {array: "hs", at: S - 1, j};
}

// What goes side by side into the next layer, and what a layer of its own makes of it.
function besideStrips(session, k) {
  const {trace} = session.path[k].r, parts = besideParts(session, trace);
  const strips = [{
    math: `[${parts.map(({letters}) => letters).join("; ")}]`, values: trace.ch,
    scale: largest(trace.ch), pick: (j) => ({array: "ch", at: k, j}),
    parts: parts.map(({name, values}) => ({size: values.length, kind: `part-${name}`})),
  }];
  if (session.model.kind === "luong") {
    strips.push({math: "v_t", values: trace.v, pick: (j) => ({array: "v", at: k, j})});
  } else if (trace.out !== trace.ch) {
    strips.push({math: "s_t", values: trace.out, scale: largest(trace.out),
                 pick: (j) => ({array: "out", at: k, j})});
  }
  return strips;
}

// A round number that no entry exceeds: the scale of arrays that do not end at 1.
function largest(values) {
  const most = Math.max(1e-6, ...Array.from(values, Math.abs));
  return most <= 1 ? 1 : Math.ceil(most * 2) / 2;
}

// The scores of step k in the order of the columns: null where none counts.
function scoresOf({path, columns}, k) {
  const {mask, scores} = path[k].r.trace;
  return columns.map(({s}) => (mask[s] && scores[s] > LOWEST ? scores[s] : null));
}

// The weights of step k in the order of the columns.
function sharesOf({path, columns}, k) {
  return columns.map(({s}) => path[k].r.trace.weights[s]);
}

// Of what step k mixes its context: {label, s, weight, values}.
function mixtureOf({path, columns, enc}, k) {
  const {weights} = path[k].r.trace;
  return columns.map(({label, s}) => ({label, s, weight: weights[s], values: enc.hs[s]}));
}

const MOST_PROBABLE = 6; // next tokens that are shown

// The most probable tokens of step k, and the one that is written: {id, token, share, chosen}.
function nextOf({path, model}, k) {
  const {next, r} = path[k], shares = r.trace.probabilities;
  const ids = highest(shares, MOST_PROBABLE);
  if (!ids.includes(next)) ids[ids.length - 1] = next;
  return ids.map((id) => ({id, token: shownToken(model.targetSymbols[id]), share: shares[id],
                           chosen: id === next}));
}

// The probability of each token that is written.
function sureOf({path}) {
  return path.map(({r, next}) => r.trace.probabilities[next]);
}

// What each step thinks of the right answer: {t, id that it reads, misread, next, wrong, share of the
// right token, or null where the right answer has ended}. right: ids from <sos> to <eos>.
function rightOf(path, right) {
  return path.map(({t, id, next, r}) => ({
    t, id, misread: t > 0 && id !== right[t], next, wrong: next !== right[t + 1],
    share: t + 1 < right.length ? r.trace.probabilities[right[t + 1]] : null,
  }));
}

// The frame of a film, and its place; null: the last one.
function frameOf({frames}, chosen) {
  const last = frames.length - 1, k = Math.min(chosen ?? last, last);
  return {k, last, frame: frames[k]};
}

// The state of a card that compares: the changes of all steps alike count, no others.
function withoutChanges({sentence}, {temperature, zero}) {
  return {...freshState(), sentence, temperature, zero: zero === "all" ? "all" : []};
}
