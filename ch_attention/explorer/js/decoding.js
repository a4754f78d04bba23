// Writing an answer token by token: common/decoding.py, for one sentence.

// Numbers from 0 to 1, the same ones for the same seed (mulberry32, by Tommy Ettinger).
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Inverse transform sampling: each token has a stretch of 0 to 1 as wide as it is likely, and the
// one whose stretch holds a random point is taken.
function draw(logits, temperature, random) {
  const highest = Math.max(...logits);
  const p = softmax(map(logits, (logit) => (logit - highest) / temperature));
  const point = random() * p.reduce((sum, share) => sum + share, 0);
  let total = 0;
  const drawn = p.findIndex((share) => (total += share) > point);
  return drawn < 0 ? argmax(p) : drawn;  // rounding may leave the last stretch a hair too short
}

// choose: "greedy" or {sample: seed, temperature} -> function from logits to an id.
function chooser(choose) {
  if (choose === "greedy") return argmax;
  const random = generator(choose.sample);
  return (logits) => draw(logits, choose.temperature ?? 1, random);
}

// Write an answer. -> [{t, id, next, best, r}], a step each until <eos>, t from 0: the step read
// `id`, wrote `next`, and the model itself would have written `best`.
//   max: the longest answer, with <eos>. choose: as above.
//   forced: {t: id}, what step t writes whatever the model says.
//   changes: {all: changes of every step, t: more changes of step t}, see js/models.js
//   teacher: null, or ids from <sos> to <eos> that are read in the place of what was written
function decode(m, enc, {max = m.maxLength, forced = {}, changes = {}, teacher = null,
                         choose = "greedy"} = {}) {
  const choice = chooser(choose);
  const length = teacher === null ? max : teacher.length - 1;
  const steps = [];
  let s = m.start(enc), id = SOS;
  for (let t = 0; t < length; t++) {
    if (teacher !== null) id = teacher[t];
    const r = m.step(id, s, {...changes.all, ...changes[t]});
    const best = choice(r.logits);
    const next = forced[t] ?? best;
    steps.push({t, id, next, best, r});
    if (next === EOS && teacher === null) break;
    s = r.state;
    id = next;
  }
  return steps;
}

const NORMALISATIONS = {
  none: (logP) => logP,
  length: (logP, length) => logP / length,
  wu: (logP, length, alpha = 0.2) => logP / ((5 + length) / (5 + 1)) ** alpha,
};

// n_best of common/decoding.py: the `width` best beginnings, one of them the greedy one, until all
// have ended. normalise: "none", "length" or "wu"; changes: of every step.
// -> {answers, tree}
//   tree: nodes {index, id, token, logP, score, t, parent, ended, alive}, the first one <sos>. A
//     node is a beginning that was in the beam, and its parent the index of the beginning that it
//     continues; alive: it leads to one of the answers.
//   answers: [{ids, logP, score, node}], the best first
function beam(m, enc, {width, max = m.maxLength, normalise = "none", alpha, changes = {}}) {
  const score = (logP, length) => NORMALISATIONS[normalise](logP, length, alpha);
  const root = {index: 0, id: SOS, token: SPECIALS[SOS], logP: 0, score: 0, t: -1, parent: null,
                ended: false, alive: false};
  const tree = [root];
  let beams = [{node: root, state: m.start(enc), greedy: true}];
  for (let t = 0; t < max && !beams.every(({node}) => node.ended); t++) {
    const candidates = beams.flatMap((one) => continuations(m, one, score, changes, width));
    beams = keepBest(candidates, width).map((kept) => grow(m, tree, kept, t));
  }
  const answers = beams.map(({node}) => node).map((node) => (
    {ids: pathTo(tree, node).map(({id}) => id), logP: node.logP, score: node.score, node}));
  for (const {node} of answers) {
    for (const passed of [root, ...pathTo(tree, node)]) passed.alive = true;
  }
  return {answers, tree};
}

// The `width` best ways to continue a beginning, no more can be kept, and the greedy one; of one
// that has ended there is one, itself, at no cost.
function continuations(m, {node, state, greedy}, score, changes, width) {
  if (node.ended) return [{node, greedy, logP: node.logP, score: node.score}];
  const r = m.step(node.id, state, changes);
  const logPs = map(logSoftmax(r.logits), (cost) => node.logP + cost);
  const scores = map(logPs, (logP) => score(logP, node.t + 2));
  const best = argmax(r.logits);
  return [...new Set([...highest(scores, width), best])].map((id) => (
    {parent: node, id, r, greedy: greedy && id === best, logP: logPs[id], score: scores[id]}));
}

// The `width` best, sorted, the greedy one among them whatever it scores.
function keepBest(candidates, width) {
  const sorted = [...candidates].sort((a, b) => b.score - a.score);  // stable: ties stay in order
  const best = sorted.slice(0, width);
  const greedy = candidates.find((candidate) => candidate.greedy);
  if (!best.includes(greedy)) best[best.length - 1] = greedy;
  return best;
}

// A candidate that was kept -> a beam; a new beginning also becomes a node of the tree.
function grow(m, tree, kept, t) {
  if (kept.node) return kept;
  const {parent, id, logP, score, r, greedy} = kept;
  const node = {index: tree.length, id, token: m.targetSymbols[id], logP, score, t,
                parent: parent.index, ended: id === EOS, alive: false};
  tree.push(node);
  return {node, state: r.state, greedy};
}

// The nodes from the first written token to this one.
function pathTo(tree, node) {
  const path = [];
  for (let at = node; at.parent !== null; at = tree[at.parent]) path.unshift(at);
  return path;
}
