// Vocabulary and reading order: dataset/vocabulary.py and the Codec of dataset/pairs.py.

const PAD = 0, SOS = 1, EOS = 2;
const SPECIALS = ["<pad>", "<sos>", "<eos>"];
const UNKNOWN = "<unk>";

// What Python's str.split() takes for blanks; \s of JavaScript differs in six of them.
const BLANKS = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

class Vocabulary {
  // symbols: without the three special ones. tokens: "characters" or "words".
  constructor(symbols, tokens) {
    this.tokens = tokens;
    this.symbols = [...SPECIALS, ...symbols];
    // Without the special ones: the word "<eos>" in a text is a word that nobody knows.
    this.ids = new Map(symbols.map((symbol, k) => [symbol, k + SPECIALS.length]));
  }

  // Characters by code points, as Python counts them.
  split(text) {
    return this.tokens === "words" ? text.split(BLANKS).filter((word) => word) : Array.from(text);
  }

  join(symbols) {
    return symbols.join(this.tokens === "words" ? " " : "");
  }

  // The id of a symbol, that of <unk> where it has none, or undefined where that is missing, too.
  idOf(symbol) {
    return this.ids.get(symbol) ?? this.ids.get(UNKNOWN);
  }

  // -> {tokens as typed, unknown: places of tokens without an id, replaced: places of tokens that
  // are read as <unk>, ids in the order of the text; none at all if a token has none}
  encode(text) {
    const tokens = this.split(text);
    const places = [...tokens.keys()];
    const unknown = places.filter((k) => this.idOf(tokens[k]) === undefined);
    const replaced = places.filter((k) => !this.ids.has(tokens[k]) && !unknown.includes(k));
    const ids = unknown.length ? [] : tokens.map((token) => this.idOf(token));
    return {tokens, unknown, replaced, ids};
  }

  // Ids -> the symbols of the text: up to the first <eos>, without <pad> and <sos>.
  symbolsOf(ids) {
    const end = ids.indexOf(EOS);
    const text = end < 0 ? ids : ids.slice(0, end);
    return text.filter((id) => id !== PAD && id !== SOS).map((id) => this.symbols[id]);
  }

  decode(ids) {
    return this.join(this.symbolsOf(ids));
  }
}

// For the k-th id that a model reads, the place of its token in the text.
function readingOrder(length, reverse) {
  const order = Array.from({length}, (_, k) => k);
  return reverse ? order.reverse() : order;
}
