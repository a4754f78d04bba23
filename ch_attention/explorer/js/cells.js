// Recurrent layers: common/cells.py, ch_seq2seq/papers/gru.py and common/time_layers.py.
//
// One sentence at a time, so vectors stand where Python has a row for each sentence of a batch. A
// state is {h}, or {h, c} of the LSTM. What a layer does with one token is kept as a reading:
//
//   {x, px, ph, gates, h, c}      x: what the layer read; c only of the LSTM
//
// so that every number of the step can be shown.

class RNN {
  constructor(params) {
    this.params = params;
    this.H = params.Wh.shape[0];
  }

  zeroState() {
    return {h: zeros(this.H)};
  }

  project(x) {
    return add(product(x, this.params.Wx), this.params.b.data);
  }

  // px and the state before -> the reading, without x and px.
  step(px, {h: h_prev}) {
    const ph = product(h_prev, this.params.Wh);
    const h = tanh(add(px, ph));
    return {ph, gates: {}, h};
  }
}

class LSTM extends RNN {
  zeroState() {
    return {h: zeros(this.H), c: zeros(this.H)};
  }

  step(px, {h: h_prev, c: c_prev}) {
    const ph = product(h_prev, this.params.Wh);
    const p = add(px, ph);
    const i = sigmoid(block(p, 0, 4));
    const f = sigmoid(block(p, 1, 4));
    const g = tanh(block(p, 2, 4));
    const o = sigmoid(block(p, 3, 4));
    const c = add(multiply(f, c_prev), multiply(i, g));
    const h = multiply(o, tanh(c));
    return {ph, gates: {i, f, g, o}, h, c};
  }
}

// (1 - z) * n + z * h_prev, of both kinds of GRU.
const blend = (z, n, h_prev) => map(z, (share, k) => (1 - share) * n[k] + share * h_prev[k]);

class GRU extends RNN {
  step(px, {h: h_prev}) {
    const ph = add(product(h_prev, this.params.Wh), this.params.bh.data);
    const r = sigmoid(add(block(px, 0, 3), block(ph, 0, 3)));
    const z = sigmoid(add(block(px, 1, 3), block(ph, 1, 3)));
    const n = tanh(add(block(px, 2, 3), multiply(r, block(ph, 2, 3))));
    const h = blend(z, n, h_prev);
    return {ph, gates: {r, z, n}, h};
  }
}

// The reset gate scales the state before the product: Wh_n has to wait for it.
class ChoGRU extends RNN {
  step(px, {h: h_prev}) {
    const H = this.H, Wh = this.params.Wh;
    const ph_rz = product(h_prev, Wh, 0, 2 * H);
    const r = sigmoid(add(block(px, 0, 3), block(ph_rz, 0, 2)));
    const z = sigmoid(add(block(px, 1, 3), block(ph_rz, 1, 2)));
    const ph_n = product(multiply(r, h_prev), Wh, 2 * H, 3 * H);
    const n = tanh(add(block(px, 2, 3), ph_n));
    const h = blend(z, n, h_prev);
    return {ph: concatenate(ph_rz, ph_n), gates: {r, z, n}, h};
  }
}

const CELLS = {rnn: RNN, lstm: LSTM, gru: GRU};

// Of a reading or a state, what goes on to the next step.
const stateOf = ({h, c}) => (c === undefined ? {h} : {h, c});

// A cell applied to one token after the other. mask: true at a real token; null: at every one.
class TimeCell {
  constructor(cell) {
    this.cell = cell;
  }

  zeroState() {
    return this.cell.zeroState();
  }

  step(x, state) {
    const px = this.cell.project(x);
    return {x, px, ...this.cell.step(px, state)};
  }

  forward(xs, mask = null) {
    let state = this.zeroState();
    const readings = xs.map((x, t) => {
      // A masked step leaves the state as it was.
      const reading = mask === null || mask[t] ? this.step(x, state) : {x, gates: {}, ...state};
      state = stateOf(reading);
      return reading;
    });
    return {readings, state};
  }
}

const joinStates = (f, b) => (f.c === undefined
  ? {h: concatenate(f.h, b.h)} : {h: concatenate(f.h, b.h), c: concatenate(f.c, b.c)});

function joinGates(f, b) {
  return Object.fromEntries(Object.keys(f).map((name) => [name, concatenate(f[name], b[name])]));
}

// Two layers side by side, one reading left to right, one right to left. Each reading holds those
// of the two under `directions`, and their h, c and gates one behind the other.
class Bidirectional {
  constructor(forward_layer, backward_layer) {
    this.forward_layer = forward_layer;
    this.backward_layer = backward_layer;
  }

  forward(xs, mask = null) {
    const flipped = mask === null ? null : [...mask].reverse();
    const f = this.forward_layer.forward(xs, mask);
    const b = this.backward_layer.forward([...xs].reverse(), flipped);
    b.readings.reverse();
    const readings = xs.map((x, t) => this.join(x, f.readings[t], b.readings[t]));
    return {readings, state: joinStates(f.state, b.state)};
  }

  join(x, f, b) {
    const gates = joinGates(f.gates, b.gates);
    return {x, gates, directions: {forward: f, backward: b}, ...joinStates(f, b)};
  }
}

// Layers on top of each other, or a single one: each reads what the one below it writes. The state
// is the list of theirs, from the bottom up.
class Stacked {
  constructor(layers) {
    this.layers = layers;
  }

  // One token: x and the states before it -> the reading of each layer, from the bottom up.
  step(x, states) {
    const readings = [];
    for (const [k, layer] of this.layers.entries()) {
      const reading = layer.step(x, states[k]);
      readings.push(reading);
      x = reading.h;
    }
    return readings;
  }

  // All tokens: -> {readings: of each token the reading of each layer, state}.
  forward(xs, mask = null) {
    const state = [], byLayer = [];
    for (const layer of this.layers) {
      const read = layer.forward(xs, mask);
      state.push(read.state);
      byLayer.push(read.readings);
      xs = read.readings.map(({h}) => h);
    }
    const readings = xs.map((_, t) => byLayer.map((ofLayer) => ofLayer[t]));
    return {readings, state};
  }
}

// The recurrent part of an encoder or a decoder. weights: a Map; name: "encoder.lstm".
function recurrentPart(weights, name, Cell, layers, bidirectional) {
  const make = (below) => new TimeCell(new Cell(partOf(weights, below)));
  const layer = (below) => (bidirectional
    ? new Bidirectional(make(`${below}.forward`), make(`${below}.backward`)) : make(below));
  const names = layers === 1
    ? [name] : Array.from({length: layers}, (_, k) => `${name}.layer${k + 1}`);
  return new Stacked(names.map(layer));
}
