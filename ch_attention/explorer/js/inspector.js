// The panel with the arithmetic of the touched cell. The numbers in it add up: what rounding takes
// away stands in the rest, or in a line of its own.

const DIGITS_SHOWN = 4, LINES_SHOWN = 8, TERMS_IN_LINE = 3;

class Inspector {
  constructor(host, page) {
    this.host = host;
    this.page = page;
    this.home = host.parentNode;
    this.head = element("div", {"aria-live": "polite"}); // the rest is for those who go on reading
    this.content = element("div", {class: "content"});
    host.append(this.makeButtons(), this.head, this.content);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && page.state.touched) page.touch(null);
    });
  }

  // To the cells around, for fingers that are wider than a cell, and away.
  makeButtons() {
    const button = (key, sign, ...step) => element("button", {
      type: "button", class: "round near", "data-label": key,
      click: () => this.page.touchedIn?.nudge(...step) }, sign);
    return element("div", {class: "cell-buttons"},
      button("cellLeft", "\u2039", 0, -1), button("cellRight", "\u203a", 0, 1),
      button("cellUp", "\u25b4", -1, 0), button("cellDown", "\u25be", 1, 0),
      element("button", {type: "button", class: "quiet closer", "data-text": "close",
                         click: () => this.page.touch(null)}));
  }

  // In a low and narrow window nothing can stand beside the stages: the panel then follows the
  // figure whose cell was touched.
  place() {
    const frame = this.page.touchedIn?.frame;
    if (view.width < NARROW && view.height < LOW && frame) {
      if (frame.nextSibling !== this.host) frame.after(this.host);
    } else this.goHome();
  }

  goHome() {
    if (this.host.parentNode !== this.home) this.home.append(this.host);
  }

  draw(session, touched) {
    const {page} = this, found = touched && session ? explain(session, touched) : null;
    this.host.classList.toggle("touched", found !== null);
    this.place();
    if (!found) {
      clear(this.head);
      clear(this.content, element("h2", {}, ...tell("touchTitle")),
            element("p", {class: "text"}, ...tell("touchText")));
      return;
    }
    const explained = (one) => [equationOf(one), ...arithmetic(one), ...noteOf(one),
                                ...placesOf(one, session.model.stored, page.data)];
    const source = found.also && explain(session, found.also); // a share, and the score behind it
    clear(this.head, heading(found));
    clear(this.content, ...explained(found));
    if (source) this.content.append(clear(element("div", {class: "also"}), heading(source),
                                            ...explained(source)));
    this.content.append(element("p", {class: "text counting"}, ...tell("counting")));
  }
}

function heading({letters, token, value}) {
  return element("p", {class: "cell-name"}, mathText(letters),
                 token ? element("span", {class: "token"}, token) : null,
                 element("b", {class: "cell-value"}, "= " + shownValue(value)));
}

function equationOf({equation}) {
  return equation ? element("p", {class: "equation"}, mathText(equation)) : null;
}

function noteOf({note, said}) {
  const values = said.from ? {...said, from: mathText(said.from)} : said;
  return note ? [element("p", {class: "text note"}, ...tell(note, values))] : [];
}

function arithmetic(found) {
  if (!found.terms.length || found.note === "copied") return [];
  if (found.over) return shareArithmetic(found);
  const sum = sumOf(found.terms);
  const lines = exactLines(found.terms, sum, LINES_SHOWN);
  const parts = [element("p", {class: "sum-line"}, lineOfTerms(found, sum)), tableOf(lines, sum)];
  if (found.through) parts.push(element("p", {class: "sum-line"},
                                        `${shownNumber(found.value, DIGITS_SHOWN)} = `,
    ...richText(`$\\${found.through}$`), `(${shownNumber(sum, DIGITS_SHOWN)})`));
  return parts;
}

function sumOf(terms) {
  return terms.reduce((sum, {product}) => sum + product, 0);
}

function rounded(value) {
  return Math.round(value * 10 ** DIGITS_SHOWN) / 10 ** DIGITS_SHOWN;
}

// 0.9400 = 0.4700 * 1.0000 + ... : the largest terms, and the rest as one number. The rest is what
// is missing of the numbers as they are shown, so that they add up.
function lineOfTerms({terms, through}, sum) {
  const few = terms.length <= TERMS_IN_LINE + 1;
  const shown = bySize(terms).slice(0, few ? terms.length : TERMS_IN_LINE);
  const texts = shown.map(({factors}, k) => (k ? " + " : "")
                          + factors.map((factor, i) => inBrackets(factor, k + i)).join(" \u00b7 "));
  const exact = shown.map(({factors}) =>
    factors.map(rounded).reduce((product, factor) => product * factor, 1));
  const rest = rounded(rounded(sum) - exact.reduce((total, product) => total + product, 0));
  const left = terms.length - shown.length;
  if (left || rest !== 0) {
    const what = left ? say("othersShort", {count: left}) : say("rounding");
    const sign = rest < 0 ? " \u2212 " : " + ";
    texts.push(`${sign}${shownNumber(Math.abs(rest), DIGITS_SHOWN)} (${what})`);
  }
  const name = through ? say("sum") + " = " : "";
  return `${name}${shownNumber(sum, DIGITS_SHOWN)} = ${texts.join("")}`;
}

function inBrackets(factor, k) {
  const text = shownNumber(factor, DIGITS_SHOWN);
  return factor < 0 && k > 0 ? `(${text})` : text;
}

function bySize(terms) {
  return [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
}

// Lines whose rounded products sum exactly to the rounded sum.
function exactLines(terms, sum, most) {
  const sorted = bySize(terms);
  const shown = sorted.length <= most + 1 ? sorted : sorted.slice(0, most);
  const lines = shown.map((one) => ({...one, product: rounded(one.product)}));
  const rest = rounded(rounded(sum) - lines.reduce((total, {product}) => total + product, 0));
  const left = sorted.length - shown.length;
  if (left) lines.push({label: say("others", {count: left}), factors: [], product: rest});
  else if (rest !== 0) lines.push({label: say("rounding"), factors: [], product: rest});
  return lines;
}

function tableOf(lines, sum) {
  const rows = lines.map(({label, factors, product, exponent}) => element("tr", {},
    element("th", {scope: "row"}, label.math ? mathText(label.math) : label),
    element("td", {class: "factors"}, shownFactors(factors, exponent)),
    element("td", {class: "product"}, shownNumber(product, DIGITS_SHOWN))));
  const total = element("tr", {class: "total"}, element("th", {scope: "row"}, say("sum")),
                        element("td"),
                        element("td", {class: "product"}, shownNumber(sum, DIGITS_SHOWN)));
  return element("table", {class: "terms"}, element("tbody", {}, ...rows, total));
}

function shownFactors(factors, exponent) {
  if (exponent) return expOf(exponent);
  return factors.length > 1 ? factors.map((factor, k) => inBrackets(factor, k)).join(" \u00b7 ")
    : "";
}

// exp(7.2346 - 11.7187): of a score, from which the highest is subtracted.
function expOf([score, highest]) {
  const minus = highest < 0 ? `(${shownNumber(highest, DIGITS_SHOWN)})`
    : shownNumber(highest, DIGITS_SHOWN);
  return `exp(${shownNumber(score, DIGITS_SHOWN)} \u2212 ${minus})`;
}

// How many digits the parts of a quotient need, so that what is shown of them comes to the value.
function digitsOf(value, own, sum, factor = 1) {
  const agrees = (digits) => {
    const shown = asShown(own, digits) / asShown(sum, digits) * asShown(factor, digits);
    return shownValue(shown, DIGITS_SHOWN) === shownValue(value, DIGITS_SHOWN);
  };
  return [4, 5, 6, 7].find(agrees) ?? 8;
}

// A softmax: the numerator of this cell over the sum of all numerators.
function shareArithmetic({terms, over, value, factor}) {
  const sum = sumOf(terms), own = terms.find(({k}) => k === over.k);
  const digits = digitsOf(value, own.product, sum, factor);
  const numbers = {exp: expOf(own.exponent), value: shownValue(own.product, digits),
                   highest: shownNumber(over.highest, DIGITS_SHOWN),
                   count: terms.length, sum: shownNumber(sum, digits)};
  const windowed = factor === undefined ? "" : ` \u00b7 ${shownValue(factor, digits)}`;
  return [element("p", {class: "sum-line"},
                  `${shownValue(value)} = ${numbers.value} / ${numbers.sum}${windowed}`),
          element("p", {class: "text"}, ...tell("numerator", numbers)),
          tableOf(exactLines(terms, sum, LINES_SHOWN), sum)];
}

// Name, shape, file and line of the array in the Python code, and the line itself.
function placesOf({places}, stored, data) {
  const keys = [...new Set(places.map((name) => stored.places[name]).filter(Boolean))];
  const found = keys.map((key) => data.places[key]).filter(Boolean);
  return found.map(({name, shape, file, line, code}) => element("p", {class: "place"},
    element("span", {class: "label"}, say("inCode") + " "), element("code", {}, name),
    ` ${shape}, `, projectLink(file, `${file}, ${line}`),
    element("code", {class: "code"}, code)));
}
