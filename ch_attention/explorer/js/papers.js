// The decoders of the papers: ch_seq2seq/papers/cho.py, and bahdanau.py and luong.py of
// ch_attention/papers.

// Of each two neighbours of an affine layer, the larger: ch_seq2seq/papers/maxout.py.
function maxout(x, params) {
  const p = affine(x, params);
  return map(zeros(p.length / 2), (_, j) => Math.max(p[2 * j], p[2 * j + 1]));
}

class ChoDecoder extends Decoder {
  static cells = {gru: ChoGRU};

  constructor(weights, config) {
    super(weights, config);
    this.summary = partOf(weights, "decoder.summary");
    this.first = partOf(weights, "decoder.first");
    this.maxout = partOf(weights, "decoder.maxout.affine");
  }

  start({state}) {
    const c = tanh(affine(state[0].h, this.summary));
    const h0 = tanh(affine(c, this.first));
    return {recurrent: [{h: h0}], c};
  }

  recur(y, {recurrent, c}, changes) {
    const seen = withoutContext(c, changes);
    const yc = concatenate(y, seen);
    const {h, trace, after} = this.advance(yc, recurrent);
    const hyc = concatenate(h, yc);
    return {out: maxout(hyc, this.maxout), state: {recurrent: after, c},
            trace: {...trace, c: seen, ch: hyc}};
  }
}

class BahdanauDecoder extends Decoder {
  static attends = true;
  static cells = {gru: ChoGRU};

  constructor(weights, config) {
    super(weights, config);
    this.first = partOf(weights, "decoder.first");
    this.attention = new Attention(new AdditiveScore(partOf(weights, "decoder.attention")));
    this.maxout = partOf(weights, "decoder.maxout.affine");
  }

  start({state, hs, mask}) {
    const h0 = tanh(affine(state[0].h.slice(this.H / 2), this.first));
    return {recurrent: [{h: h0}], keys: this.attention.score.keys(hs), hs, mask};
  }

  // The state before the step asks, and what is seen goes into the step.
  recur(y, {recurrent, keys, hs, mask}, changes) {
    const h_before = recurrent[0].h;
    const look = this.attention.forward(keys, hs, h_before, maskOf(mask, changes), changes);
    const x = concatenate(y, look.c);
    const {trace, after} = this.advance(x, recurrent);
    const hyc = concatenate(h_before, x);
    return {out: maxout(hyc, this.maxout), state: {recurrent: after, keys, hs, mask},
            trace: {...trace, ...look, keys, ch: hyc}};
  }
}

class LuongDecoder extends Decoder {
  static attends = true;
  static options = {
    score: ["dot", "general", "concat", "location"], feeding: ["on", "off"],
    window: ["none", "monotonic", "predictive"], reach: ["10", "5", "3", "2"],
  };

  constructor(weights, config) {
    super(weights, config);
    this.feeding = config.feeding === "on";
    this.window = config.window;
    this.reach = Number(config.reach);
    const below = (name) => partOf(weights, `decoder.attentional.${name}`);
    const score = SCORES[config.score](below("attention.attention_weight.score"));
    this.attention = this.window === "predictive"
      ? new PredictiveAttention(score, below("attention.attention_weight.position"), this.reach)
      : new Attention(score);
    this.attentional = below("affine");
  }

  start({state, hs, mask}) {
    const fed = this.feeding ? zeros(this.H) : zeros(0);
    return {recurrent: state, fed, made: 0, keys: this.attention.score.keys(hs), hs, mask};
  }

  recur(y, {recurrent, fed, made, keys, hs, mask}, changes) {
    const x = concatenate(y, fed);
    const {h, trace, after} = this.advance(x, recurrent);
    const seen = this.maskOfStep(made, maskOf(mask, changes));
    const look = this.attention.forward(keys, hs, h, seen, changes);
    const ch = concatenate(look.c, h);
    const v = tanh(affine(ch, this.attentional));
    const state = {recurrent: after, fed: this.feeding ? v : fed, made: made + 1, keys, hs, mask};
    return {out: v, state, trace: {
      ...trace, ...look, keys, fed, ch, v}};
  }

  maskOfStep(made, mask) {
    return this.window === "monotonic" ? windowAround(made + 1, mask, this.reach) : mask;
  }
}
