// Encoder and decoders: ch_seq2seq/seq2seq.py, ch_seq2seq/peeky_seq2seq.py and
// ch_attention/attention_seq2seq.py. Each decoder writes its own `start` and `recur`, as in Python;
// what a step returns is written at the top of js/models.js.

class Encoder {
  constructor(weights, {cell, layers, bidirectional}, cells) {
    this.embedding = weights.get("encoder.embedding.W");
    this.recurrent = recurrentPart(
      weights, `encoder.${cell}`, cells[cell], layers, bidirectional);
  }

  forward(ids, mask) {
    const xs = ids.map((id) => row(this.embedding, id));
    const {readings, state} = this.recurrent.forward(xs, mask);
    const steps = readings.map(
      (layers, t) => ({...layers[layers.length - 1], id: ids[t], x: xs[t], layers}));
    return {steps, hs: steps.map(({h}) => h), state};
  }
}

class Decoder {
  static attends = false;
  static options = {};  // what only this decoder takes: name -> its values
  static cells = CELLS;

  constructor(weights, {H, cell, layers}) {
    this.H = H;
    this.embedding = weights.get("decoder.embedding.W");
    this.affine = partOf(weights, "decoder.affine");
    this.recurrent = recurrentPart(
      weights, `decoder.${cell}`, this.constructor.cells[cell], layers, false);
  }

  // What goes from step to step, before the first: made of what the encoder returned.
  start({state}) {
    return {recurrent: state};
  }

  // y and what `start` gave -> {out, what the output layer reads; state; trace}.
  recur(y, {recurrent}) {
    const {h, trace, after} = this.advance(y, recurrent);
    return {out: h, state: {recurrent: after}, trace: {...trace, ch: h}};
  }

  // One step of the recurrent layers: x -> h of the top one, the states after, the trace.
  advance(x, states) {
    const layers = this.recurrent.step(x, states);
    const {h, c, gates, px, ph} = layers[layers.length - 1];
    const before = states[states.length - 1];
    return {h, after: layers.map(stateOf),
            trace: {x, layers, before, h, memory: c, gates, px, ph}};
  }

  step(id, s, changes = {}) {
    const y = row(this.embedding, id);
    const {out, state, trace} = this.recur(y, s, changes);
    const logits = affine(out, this.affine);
    const probabilities = softmax(logits);
    return {logits, state, trace: {id, y, ...trace, out, logits, probabilities}};
  }
}

const withoutContext = (c, changes) => (changes.context === "zero" ? zeros(c.length) : c);

class PeekyDecoder extends Decoder {

  start({state}) {
    const top = state[state.length - 1];
    return {recurrent: state, z: top.h};
  }

  recur(y, {recurrent, z}, changes) {
    const seen = withoutContext(z, changes);
    const yz = concatenate(y, seen);
    const {h, trace, after} = this.advance(yz, recurrent);
    const hz = concatenate(h, seen);
    return {out: hz, state: {recurrent: after, z},
            trace: {...trace, c: seen, ch: hz}};
  }
}

// With changes.mask false a decoder looks at the padding, too.
const maskOf = (mask, changes) => (changes.mask === false ? mask.map(() => true) : mask);

class AttentionDecoder extends Decoder {
  static attends = true;
  static options = {score: ["dot", "scaled", "general", "concat"]};

  constructor(weights, config) {
    super(weights, config);
    const params = partOf(weights, "decoder.attention.attention_weight.score");
    this.attention = new Attention(SCORES[config.score](params));
  }

  start({state, hs, mask}) {
    return {recurrent: state, keys: this.attention.score.keys(hs), hs, mask};
  }

  recur(y, {recurrent, keys, hs, mask}, changes) {
    const {h, trace, after} = this.advance(y, recurrent);
    const look = this.attention.forward(keys, hs, h, maskOf(mask, changes), changes);
    const ch = concatenate(look.c, h);
    return {out: ch, state: {recurrent: after, keys, hs, mask},
            trace: {...trace, ...look, keys, ch}};
  }
}
