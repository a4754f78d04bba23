// The arithmetic inside a recurrent cell: states, memory and gates, see inspect.js.
//
// A cell at work is {reading, before, params, j, kind, inputs, past}: what it read and made, the state
// before it, its weights, the entry that was touched, which equations it follows, the letters of what
// it read with their sizes, and of the state before it.

function encoderCell(session, s, j) {
  const steps = session.enc.steps, layers = session.model.encoder.recurrent.layers;
  if (!steps[s]) return null;
  const top = layers.length - 1, layer = layers[top];
  const inputs = [[top ? "x" : "x_s", Infinity]];
  if (!(layer instanceof Bidirectional)) {
    return cellAtWork(layer.cell, steps[s].layers[top], steps[s - 1]?.layers[top], j,
                      {inputs, past: "h_{s-1}"});
  }
  // Half of the entries are of the cell that reads on, half of the one that reads back.
  const half = steps[s].h.length / 2, back = j >= half;
  const [name, neighbour] = back ? ["backward", s + 1] : ["forward", s - 1];
  const of = (k) => steps[k]?.layers[top].directions[name];
  return cellAtWork(layer[`${name}_layer`].cell, of(s), of(neighbour), back ? j - half : j,
                    {inputs, past: back ? "h_{s+1}" : "h_{s-1}"});
}

function decoderCell(session, t, j) {
  const trace = traceAt(session, t);
  if (!trace) return null;
  const layers = session.model.decoder.recurrent.layers;
  const {kind, config} = session.model, beside = besideLetters(kind, config);
  const inputs = layers.length > 1 ? [["x", Infinity]]
    : [["y_t", config.D], ...(beside ? [[beside, Infinity]] : [])];
  return cellAtWork(layers[layers.length - 1].cell, trace.layers[layers.length - 1], trace.before,
                    j, {inputs, past: "h_{t-1}"});
}

// What the cell of a decoder reads beside y_t.
function besideLetters(kind, {feeding}) {
  if (kind === "luong") return feeding === "on" ? "v_{t-1}" : null;
  return {peeky: "z", cho: "c", bahdanau: "c_t"}[kind] ?? null;
}

function cellAtWork(cell, reading, before, j, letters) {
  return {cell, reading, before: before ?? cell.zeroState(), params: cell.params, j, H: cell.H,
          kind: kindOfCell(cell), ...letters};
}

function inputLetters({inputs}) {
  const names = inputs.map(([name]) => name);
  return names.length > 1 ? `[${names.join("; ")}]` : names[0];
}

function kindOfCell(cell) {
  if (cell instanceof LSTM) return "lstm";
  if (cell instanceof GRU) return "gru";
  return cell instanceof ChoGRU ? "cho" : "rnn";
}

function explainState(work, letters, name, j) {
  if (!work) return null;
  const {reading, before, kind, past, j: k} = work, index = letters.slice(-1);
  const place = {letters: `${name}[${j}]`, value: reading.h[k],
                 places: letters === "h_s" ? ["hs", "h"] : ["query", "h"]};
  if (!reading.px) return {...place, equation: `${letters} = ${past}`, note: "padded"};
  if (kind === "lstm") {
    const label = {math: `o[${k}] \u00b7 \\tanh(c_${index}[${k}])`};
    return {...place, equation: `${letters} = o \\odot \\tanh(c_${index})`,
            terms: [term(label, reading.gates.o[k], Math.tanh(reading.c[k]))]};
  }
  if (kind === "rnn") {
    const equation = `${letters} = \\tanh(${inputLetters(work)} W_x + ${past} W_h + b)`;
    return {...place, equation, ...inputTerms(work, 0, 1), through: "tanh"};
  }
  const {z, n} = reading.gates;
  return {...place, equation: `${letters} = (1 - z) \\odot n + z \\odot ${past}`,
          terms: [term({math: `(1 \u2212 z[${k}]) \u00b7 n[${k}]`}, 1 - z[k], n[k]),
                  term({math: `z[${k}] \u00b7 ${past}[${k}]`}, z[k], before.h[k])]};
}

const GATE_ORDER = {lstm: ["i", "f", "g", "o"], gru: ["r", "z", "n"], cho: ["r", "z", "n"],
                    rnn: []};

// A gate, or the memory c of the LSTM.
function explainPart(work, gate, index, j) {
  if (!work?.reading.px) return null;
  const {reading, before, kind, past, j: k} = work;
  if (gate === "c" && kind === "lstm") {
    const {i, f, g} = reading.gates, old = past.replace("h", "c");
    return {letters: `c_{${index}}[${j}]`, value: reading.c[k], places: ["memory"],
            equation: `c_${index[0]} = f \\odot ${old} + i \\odot g`,
            terms: [term({math: `f[${k}] \u00b7 ${old}[${k}]`}, f[k], before.c[k]),
                    term({math: `i[${k}] \u00b7 g[${k}]`}, i[k], g[k])]};
  }
  const order = GATE_ORDER[kind], block = order.indexOf(gate);
  if (block < 0) return null;
  const value = reading.gates[gate][k];
  const place = {letters: `${gate}_{${index}}[${j}]`, value, places: [gate]};
  if (gate === "n") return {...place, ...candidateTerms(work)};
  const through = gate === "g" ? "tanh" : "sigma";
  const equation = `${gate} = \\${through}(${inputLetters(work)} W_x + ${past} W_h + b)`;
  return {...place, equation, ...inputTerms(work, block, order.length), through};
}

// What a GRU could write: the reset gate decides how much of the past it sees.
function candidateTerms(work) {
  const {reading, kind, past, j, H} = work;
  const px = reading.px[2 * H + j], ph = reading.ph[2 * H + j];
  if (kind === "cho") {
    return {equation: `n = \\tanh(${inputLetters(work)} W_x + (r \\odot ${past}) W_h + b)`,
            terms: [term("px", px), term("ph", ph)], through: "tanh"};
  }
  const reset = term({math: `r[${j}] \u00b7 ph[${j}]`}, reading.gates.r[j], ph);
  return {equation: "n = \\tanh(px_n + r \\odot ph_n)", terms: [term("px", px), reset],
          through: "tanh"};
}

// Column j of a block of x Wx + h_prev Wh + b.
function inputTerms({reading, before, params, inputs, past, j, H}, block, blocks) {
  const at = block * H + j;
  const [first, size] = inputs[0];
  const label = (k) => (k < size ? `${first}[${k}]` : `${inputs[1][0]}[${k - size}]`);
  const read = column(reading.x, {W: params.Wx}, at).terms;
  const kept = column(before.h, {W: params.Wh}, at).terms;
  const terms = [
    ...read.map((one, k) => ({...one, label: {math: label(k)}})),
    ...kept.map((one, k) => ({...one, label: {math: `${past}[${k}]`}})),
    term(`b[${at}]`, params.b.data[at])];
  if (params.bh) terms.push(term(`bh[${at}]`, params.bh.data[at]));
  return {terms};
}
