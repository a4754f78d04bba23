// Scores and attention: ch_attention/scores.py, ch_attention/attention_layers.py, and of the papers
// location.py, local_attention.py and additive.py.
//
//   keys(hs)            what a score makes of the encoder's states once, for all steps
//   scores(keys, q)     a number for each source position
//
// A score that makes nothing of them has hs itself as its keys.

class DotScore {
  keys(hs) {
    return hs;
  }

  scores(keys, q) {
    return map(keys, (h) => dot(q, h));
  }
}

class ScaledDotScore extends DotScore {
  scores(keys, q) {
    return scale(super.scores(keys, q), 1 / Math.sqrt(q.length));
  }
}

class GeneralScore extends DotScore {
  constructor({W}) {
    super();
    this.W = W;
  }

  scores(keys, q) {
    const qW = transposedProduct(q, this.W);
    return super.scores(keys, qW);
  }
}

// tanh(query + key) v, for each key: the small network of ConcatScore and of AdditiveAttention.
const additiveScores = (query, keys, v) => map(keys, (key) => dot(tanh(add(query, key)), v));

class ConcatScore {
  constructor({W, v}) {
    const H = W.shape[0] - W.shape[1];  // W (H + M, M)
    this.W_s = rows(W, 0, H);
    this.W_t = rows(W, H, W.shape[0]);
    this.v = v.data;
  }

  keys(hs) {
    return hs.map((h) => product(h, this.W_s));
  }

  scores(keys, q) {
    return additiveScores(product(q, this.W_t), keys, this.v);
  }
}

// Bahdanau's, asked with the state before the step: the same score under other names.
class AdditiveScore {
  constructor({Wa, Ua, va}) {
    Object.assign(this, {Wa, Ua, va});
  }

  keys(hs) {
    return hs.map((h) => product(h, this.Ua));
  }

  scores(keys, q) {
    return additiveScores(product(q, this.Wa), keys, this.va.data);
  }
}

// The lowest number there is: softmax makes exactly zero of it.
const LOWEST = -Number.MAX_VALUE;

class LocationScore {
  constructor({W}) {
    this.W = W;
  }

  keys(hs) {
    return hs;
  }

  scores(keys, q) {
    const known = product(q, this.W);  // a column for each position that it knows
    return map(zeros(keys.length), (_, s) => (s < known.length ? known[s] : LOWEST));
  }
}

const SCORES = {
  dot: () => new DotScore(),
  scaled: () => new ScaledDotScore(),
  general: (params) => new GeneralScore(params),
  concat: (params) => new ConcatScore(params),
  location: (params) => new LocationScore(params),
};

// Which positions s = 1, ..., S lie within the reach of p, and are real.
const windowAround = (p, mask, reach) =>
  mask.map((real, s) => real && Math.abs(s + 1 - p) <= reach);

// Where to look and what is seen there. A reader's changes: `temperature` divides the scores,
// `weights` stand in the place of the softmax, `context: "zero"` in that of the weighted sum.
class Attention {
  constructor(score) {
    this.score = score;
  }

  // -> {query, scores, mask, weights, c}; scores before any change of temperature.
  forward(keys, hs, q, mask, changes = {}) {
    const scores = this.score.scores(keys, q);
    const looked = this.weights(sharpened(scores, changes.temperature), q, mask);
    const a = changes.weights ? Float64Array.from(changes.weights) : looked.weights;
    const c = changes.context === "zero" ? zeros(hs[0].length) : weightedSum(a, hs);
    return {query: q, scores, mask, ...looked, weights: a, c};
  }

  weights(scores, q, mask) {
    return {weights: softmax(scores, mask)};
  }
}

// A score that stands for "never" stays finite, as softmax needs it.
const sharpened = (scores, temperature = 1) =>
  map(scores, (score) => Math.max(score / temperature, LOWEST));

// Luong's local-p: a window around a position that the query predicts.
class PredictiveAttention extends Attention {
  constructor(score, {Wp, vp}, reach) {
    super(score);
    Object.assign(this, {Wp, vp, reach});
  }

  weights(scores, q, mask) {
    const length = mask.filter((real) => real).length;
    const y = tanh(product(q, this.Wp));
    const p = length * sigmoid([dot(y, this.vp.data)])[0];
    const inside = windowAround(p, mask, this.reach);
    const align = softmax(scores, inside);
    const variance = (this.reach / 2) ** 2;
    const g = map(align, (_, s) => Math.exp((s + 1 - p) ** 2 / (-2 * variance)));
    return {p, mask: inside, align, g, weights: multiply(align, g)};
  }
}
