// Tokens and numbers as the page shows them.

// What stands for a token: a blank that can be seen, a code point that cannot as its number.
function shownToken(token) {
  if (token === "<eos>") return "\u2190";
  if (/^\s+$/.test(token)) return "\u2423";
  const shown = [...token].map((symbol) =>
    /[\p{C}\p{Z}]/u.test(symbol) && symbol !== " " ? codePoint(symbol) : symbol).join("");
  return /^\p{M}/u.test(shown) ? "\u25cc" + shown : shown;
}

// A word that is too long for its place in a figure.
function shortened(label, most = 12) {
  const symbols = [...label];
  return symbols.length > most ? symbols.slice(0, most - 1).join("") + "\u2026" : label;
}

function codePoint(symbol) {
  return "U+" + symbol.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
}

const RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

const TINY = 0.5e-4;

// A number as shownValue shows it.
function asShown(value, digits) {
  return Number(Math.abs(value) >= TINY ? value.toFixed(digits) : value.toExponential(digits - 2));
}

// As shownNumber; but what would be 0 there and is not, as 1.4 times a power of ten.
function shownValue(value, digits = 4) {
  if (value === 0 || Math.abs(value) >= TINY) return shownNumber(value, digits);
  const [mantissa, exponent] = value.toExponential(digits - 2).replace("-", "\u2212").split("e");
  const raised = [...exponent.replace("+", "")].map((digit) => RAISED[digit] ?? "\u207b").join("");
  return `${mantissa} \u00b7 10${raised}`;
}

// 0.4705, with a real minus; short numbers for axes, long ones for arithmetic.
function shownNumber(value, digits = 2) {
  if (value <= -Number.MAX_VALUE) return "\u2212\u221e"; // a score that stands for "never"
  if (!Number.isFinite(value)) return String(value).replace("-", "\u2212").replace("Infinity",
    "\u221e");
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
}

function shownPercent(share) {
  if (share > 0 && share < 0.001) return "<0.1 %";
  return (100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1) + " %";
}

// Half of a surrogate pair can stand neither in an address nor in a file.
function wellFormed(text) {
  return text.replace(/\p{Cs}/gu, "\ufffd");
}
