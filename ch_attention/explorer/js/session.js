// From what the reader has chosen to what the model does: the only place where the page computes.

// {model, read, enc, columns, path, S, T}, or with path null where the model cannot read the text.
function makeSession(model, state) {
  const sentence = state.sentence ?? firstSentence(model);
  const read = model.read(sentence);
  const tooLong = read.ids.length > longestRead(model);
  const session = {model, sentence, read, tooLong, path: null, S: 0, T: 0, searched: null};
  // Nothing but blanks is nothing, even where a blank is a token.
  if (read.unknown.length || !sentence.trim() || tooLong) return session;
  session.enc = model.encode(read.ids, {padding: state.padding, masked: true});
  session.S = session.enc.ids.length;
  session.columns = sourceColumnsOf(session);
  session.changes = changesOf(state, session);
  session.path = writeAnswer(session, state);
  session.T = session.path.length;
  return session;
}

// Of the examples, which go from short to long, the one in the middle.
function firstSentence({stored: {examples}}) {
  return examples[Math.floor(examples.length / 2)] ?? "";
}

// More than twice what the model was trained on says nothing, and would take too long to draw.
function longestRead(model) {
  return Math.max(60, 2 * (model.longestSource ?? 30));
}

// Columns in the order in which a person reads: {label, s: where the model reads it}. Padding last.
function sourceColumnsOf({read, enc}) {
  const columns = [];
  for (const [s, place] of read.order.entries()) {
    columns[place] = {label: shownToken(read.tokens[place]), s};
  }
  for (let s = read.ids.length; s < enc.ids.length; s++) {
    columns.push({label: "\u00d7", s, padding: true});
  }
  return columns;
}

// What the reader has changed, as `decode` wants it. The beginnings of a beam are at one step with
// different tokens: what is changed at single steps does not count there.
function changesOf(state, {model, S}) {
  const changes = {all: {}};
  if (state.temperature !== 1) changes.all.temperature = state.temperature;
  if (!state.mask) changes.all.mask = false;
  if (state.zero === "all") changes.all.context = "zero";
  if (state.way === "beam") return changes;
  const steps = state.zero === "all" ? [] : state.zero.filter((t) => t < model.maxLength);
  for (const t of steps) changes[t] = {context: "zero"};
  for (const [t, weights] of Object.entries(state.weights)) {
    if (weights.length === S && t < model.maxLength) changes[t] = {...changes[t], weights};
  }
  return changes;
}

function writeAnswer(session, state) {
  const {model, enc, changes} = session;
  const forced = forcedIds(model, state);
  session.forced = forced;
  if (state.way === "sample") {
    const choose = {sample: state.seed, temperature: state.heat};
    return decode(model, enc, {forced, changes, choose});
  }
  if (state.way === "beam") {
    const {width, normalise} = state;
    session.searched = beam(model, enc, {width, normalise, changes: changes.all});
    const answer = session.searched.answers[state.pick] ?? session.searched.answers[0];
    session.answer = answer;
    return decode(model, enc, {forced: {...answer.ids}, changes, max: answer.ids.length});
  }
  return decode(model, enc, {forced, changes});
}

// {t: id} of the tokens that the reader has put in. One that this model cannot write is left out.
function forcedIds({targetSymbols}, {forced}) {
  const known = Object.entries(forced).filter(([, token]) => targetSymbols.includes(token));
  return Object.fromEntries(known.map(([t, token]) => [t, targetSymbols.indexOf(token)]));
}

// The same sentence under teacher forcing; without steps where the right answer cannot be read.
// -> {unknown: places of its tokens, ids from <sos> to <eos>, most: of its tokens, tooLong, steps}
function underTeacher({model, enc, changes}, right) {
  const {unknown, ids, tokens} = model.readTarget(right), most = longestAnswer(model);
  const read = {unknown, ids, most, tooLong: tokens.length > most, steps: null};
  if (!right || unknown.length || read.tooLong) return read;
  return {...read, steps: decode(model, enc, {teacher: ids, changes})};
}

// As longestRead: the page would stand still over more.
function longestAnswer({maxLength}) {
  return Math.max(60, 2 * maxLength);
}

function writtenText({model, path}) {
  return model.target.decode(path.map((step) => step.next));
}

function writtenLabels({model, path}) {
  return path.map((step) => shownToken(model.targetSymbols[step.next]));
}

// Weights of all steps in the order of the columns, or null if the model does not look.
function weightRows({model, path, columns}) {
  if (!model.attends) return null;
  return path.map(({r}) => columns.map(({s}) => r.trace.weights[s]));
}

// The reader's place on the way from the first token read to the last one written.
function placeIn({S, T}, {phase, k}) {
  return phase === "read" ? {phase, k: Math.min(k, S - 1)} : {phase, k: Math.min(k, T - 1)};
}
