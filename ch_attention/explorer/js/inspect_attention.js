// The arithmetic of a score and of a weight, see inspect.js.

function explainScore(session, t, s) {
  const trace = traceAt(session, t);
  if (!trace?.scores || !(s < trace.scores.length)) return null;
  const index = `t=${t + 1}, s=${s + 1}`;
  if (trace.scores[s] <= LOWEST) {
    const token = columnOf(session, s).label;
    return {letters: `e_{${index}}`, token, value: LOWEST, note: "beyond", places: ["scores"]};
  }
  const asked = scoreTerms(session.model.decoder.attention.score, trace, session.enc.hs[s], s);
  return {letters: `e_{${index}}`, token: columnOf(session, s).label, value: trace.scores[s],
          ...asked, places: ["scores"]};
}

function columnOf({columns}, s) {
  return columns.find((found) => found.s === s);
}

// Each score in the letters of the chapter, and its terms.
function scoreTerms(score, {query, keys}, h, s) {
  const label = (k) => ({math: `q[${k}] \u00b7 h[${k}]`});
  const pairs = (q) => Array.from(h, (value, k) => term(label(k), q[k], value));
  if (score instanceof GeneralScore) {
    return {equation: "e_{ts} = h_s W q_t^\\top", terms: pairs(transposedProduct(query, score.W)),
            note: "qW"};
  }
  if (score instanceof ScaledDotScore) {
    const root = 1 / Math.sqrt(h.length);
    const scaled = (k) => ({math: `q[${k}] \u00b7 h[${k}] / \\sqrt H`});
    const terms = Array.from(h, (value, k) => term(scaled(k), query[k], value, root));
    return {equation: "e_{ts} = q_t h_s^\\top / \\sqrt H", terms};
  }
  if (score instanceof ConcatScore) {
    const asked = product(query, score.W_t);
    return {equation: "e_{ts} = \\tanh([h_s; q_t] W) v^\\top", note: "smallNetwork",
            terms: additiveTerms(asked, keys[s], score.v)};
  }
  if (score instanceof AdditiveScore) {
    const asked = product(query, score.Wa);
    return {equation: "e_{ts} = \\tanh(q_t W_a + h_s U_a) v_a^\\top", note: "smallNetwork",
            terms: additiveTerms(asked, keys[s], score.va.data)};
  }
  if (score instanceof LocationScore) {
    return {equation: "e_{ts} = q_t W[s]", ...column(query, {W: score.W}, s, "q")};
  }
  return {equation: "e_{ts} = q_t h_s^\\top", terms: pairs(query)};
}

function additiveTerms(asked, key, v) {
  return Array.from(v, (value, k) => term({math: `\\tanh[${k}] \u00b7 v[${k}]`},
                                           Math.tanh(asked[k] + key[k]), value));
}

function explainWeight(session, t, s) {
  const trace = traceAt(session, t);
  if (!trace?.weights || !(s < trace.weights.length)) return null;
  const place = {letters: `a_{t=${t + 1}, s=${s + 1}}`, token: columnOf(session, s).label,
                 value: trace.weights[s], places: ["weights"]};
  if (session.changes[t]?.weights) return {...place, equation: "", note: "byHand"};
  if (!trace.mask[s]) return {...place, equation: "m_s = 0", note: whyMasked(session, s)};
  const temperature = session.changes.all.temperature ?? 1;
  const scores = trace.scores.map((score) => score / temperature);
  const shares = shareTerms(scores, (k) => `${columnOf(session, k).label}  (s = ${k + 1})`, (k) => trace.mask[k]);
  const equation = "a_{ts} = \\exp(e_{ts}) / \\sum_j \\exp(e_{tj})";
  const tempered = "a_{ts} = \\exp(e_{ts} / \\tau) / \\sum_j \\exp(e_{tj} / \\tau)";
  const windowed = trace.g ? {note: "windowed", factor: trace.g[s]} : {};
  return {...place, equation: temperature === 1 ? equation : tempered, ...shares,
          over: {k: s, ...shares.over}, also: {array: "score", at: t, j: s}, ...windowed};
}

// Padding is masked unless the mask was dropped; what is real, and masked all the same, lies outside
// of the window of local attention.
function whyMasked({enc, changes}, s) {
  return enc.mask[s] || changes.all.mask === false ? "outside" : "hidden";
}
