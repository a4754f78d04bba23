// Weights: from the text in the page to numbers.
//
// Four bytes are five digits of base 85, the most significant first, as in Python's
// base64.b85encode: a quarter longer than the bytes, where base 64 is a third longer. The digits
// < > & of that alphabet mean something in HTML: page_data.py writes , . : in their place.

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~";

const VALUE_OF_DIGIT = new Uint8Array(128);
for (let k = 0; k < DIGITS.length; k++) VALUE_OF_DIGIT[DIGITS.charCodeAt(k)] = k;

// Text of 5 digits for each number -> Float32Array, equal to Python's bit by bit.
function decodeFloats(text) {
  const bits = new DataView(new ArrayBuffer(text.length / 5 * 4));
  const floats = new Float32Array(text.length / 5);
  for (let n = 0; n < floats.length; n++) {
    let value = 0;
    for (let k = 5 * n; k < 5 * n + 5; k++) {
      value = value * 85 + VALUE_OF_DIGIT[text.charCodeAt(k)];
    }
    bits.setUint32(4 * n, value);
    floats[n] = bits.getFloat32(4 * n, true);  // the bytes of the checkpoint: the lowest first
  }
  return floats;
}

// The weights of a stored model as arrays: a Map from "encoder.lstm.Wx" to {shape, data}.
function decodeWeights(weights) {
  return new Map(Object.entries(weights).map(
    ([name, {shape, data}]) => [name, {shape, data: decodeFloats(data)}]));
}

// What stands below a dotted name: of "encoder.lstm" {Wx, Wh, b}.
function partOf(weights, name) {
  const part = {};
  for (const [key, array] of weights) {
    if (key.startsWith(name + ".")) part[key.slice(name.length + 1)] = array;
  }
  return part;
}
