// Models: what the page holds, and what can be asked of a model.
//
// PAGE data: {models: [stored], places, home (the path of the page below the project, or null),
//   version}, where stored is
//   {name, folder, kind, config, sourceSymbols, targetSymbols (both without <pad> <sos> <eos>),
//    reverse, tokens ("characters" | "words"), maxLength, longestSource,
//    weights: {name: {shape, data}}, places: {what a trace calls it: key into PAGE.places},
//    film: null | {source: [tokens as a person reads them], frames: [{step, caption, labels,
//    weights}]}, examples: [up to 5 sources]}
//   and places {key: {name, shape, file, line, code}}.
//
// m = makeModel(stored)       Error for an unknown kind or option
// m.name, kind, config, maxLength, targetSymbols, sourceSymbols (both by id)
// m.attends                   does it look at the source?
// m.read(text)       -> {tokens as typed, unknown: places of those it cannot read, replaced:
//                       places of those it reads as <unk>, ids in the order in which it reads (none
//                       if a token is unknown), order: for the k-th id, the place of its token}
// m.readTarget(text) -> {tokens, unknown, replaced, ids from <sos> to <eos>}
// m.encode(ids, {padding: 0, masked: true})
//                    -> enc {ids, steps, hs, state, mask}; padding: so many <pad> are appended;
//                       masked: false reads them as if they were tokens
//   enc.steps: of each id {id, x, layers, ...the reading of the top layer}, see js/cells.js
// m.start(enc)       -> s
// m.step(id, s, changes) -> r {logits, state, trace}; never changes s
//   changes: {context: "zero", weights: [a number for each id], temperature, mask: false}, see
//     js/scores.js
//   r.trace: {id, y, x, before, h, memory, gates, px, ph, layers, out, logits, probabilities} and,
//            where the model has them, {query, keys, scores, mask, weights, c, ch, v, fed, p, align, g}
//     before: state before the step, of the top layer; memory: c of the LSTM; out: what the output
//     layer reads; ch: what was concatenated for it, or out itself

const MODELS = {
  seq2seq: Decoder, peeky: PeekyDecoder, cho: ChoDecoder, attention: AttentionDecoder,
  bahdanau: BahdanauDecoder, luong: LuongDecoder,
};

// Error unless the page knows the kind and every option, and so the forward pass.
function checkKnown({kind, config}) {
  if (!Object.hasOwn(MODELS, kind)) throw new Error(`unknown kind of model: ${kind}`);
  const {options, cells} = MODELS[kind];
  for (const [name, values] of Object.entries({...options, cell: Object.keys(cells)})) {
    if (!values.includes(config[name])) throw new Error(`unknown ${name}: ${config[name]}`);
  }
}

class Model {
  constructor(stored) {
    checkKnown(stored);
    const {name, kind, config, maxLength, longestSource, reverse, tokens} = stored;
    const weights = decodeWeights(stored.weights), Kind = MODELS[kind];
    Object.assign(this, {name, kind, config, maxLength, longestSource, reverse, tokens, stored});
    this.attends = Kind.attends;
    this.source = new Vocabulary(stored.sourceSymbols, tokens);
    this.target = new Vocabulary(stored.targetSymbols, tokens);
    this.sourceSymbols = this.source.symbols;
    this.targetSymbols = this.target.symbols;
    this.encoder = new Encoder(weights, config, Kind.cells);
    this.decoder = new Kind(weights, config);
  }

  read(text) {
    const {tokens, unknown, replaced, ids} = this.source.encode(text);
    const order = readingOrder(ids.length, this.reverse);
    return {tokens, unknown, replaced, ids: order.map((place) => ids[place]), order};
  }

  readTarget(text) {
    const read = this.target.encode(text);
    return {...read, ids: [SOS, ...read.ids, EOS]};
  }

  encode(ids, {padding = 0, masked = true} = {}) {
    const padded = [...ids, ...Array(padding).fill(PAD)];
    const mask = padded.map((_, k) => !masked || k < ids.length);
    return {ids: padded, mask, ...this.encoder.forward(padded, mask)};
  }

  start(enc) {
    return this.decoder.start(enc);
  }

  step(id, s, changes = {}) {
    return this.decoder.step(id, s, changes);
  }
}

const makeModel = (stored) => new Model(stored);
