// Vectors and matrices: what NumPy does for the Python code.
//
// A vector is a Float64Array. A matrix is {shape: [rows, columns], data: Float32Array}, row after
// row, as NumPy keeps it. The weights are float32 as in the checkpoint; all sums are taken in
// double precision. Every function returns a new array and leaves its arguments as they are.

const zeros = (size) => new Float64Array(size);

// f(x_k, k) for every k; x may be any list. A loop: Float64Array.from takes ten times as long.
function map(x, f) {
  const y = zeros(x.length);
  for (let k = 0; k < y.length; k++) y[k] = f(x[k], k);
  return y;
}

const add = (x, y) => map(x, (value, k) => value + y[k]);

const multiply = (x, y) => map(x, (value, k) => value * y[k]);

const scale = (x, factor) => map(x, (value) => value * factor);

const tanh = (x) => map(x, Math.tanh);

// As common/functions.py: (1 + tanh(x / 2)) / 2, which cannot overflow.
const sigmoid = (x) => map(x, (value) => (1 + Math.tanh(0.5 * value)) * 0.5);

function concatenate(...vectors) {
  const joined = zeros(vectors.reduce((size, vector) => size + vector.length, 0));
  let start = 0;
  for (const vector of vectors) {
    joined.set(vector, start);
    start += vector.length;
  }
  return joined;
}

// Row k of a matrix, as a vector.
function row(W, k) {
  const columns = W.shape[1];
  return Float64Array.from(W.data.subarray(k * columns, (k + 1) * columns));
}

// Rows first to last - 1 of a matrix, as a matrix that shares its numbers.
function rows(W, first, last) {
  const columns = W.shape[1];
  return {shape: [last - first, columns], data: W.data.subarray(first * columns, last * columns)};
}

// Block k of so many equal ones: the columns of one gate.
function block(x, k, count) {
  const size = x.length / count;
  return x.slice(k * size, (k + 1) * size);
}

function dot(x, y) {
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += x[k] * y[k];
  return sum;
}

// x W: a row times a matrix, of which only the columns `from` to `to` - 1 are asked for.
// Row after row of W, in the order in which it lies in memory, and four rows at a time: y is read
// and written a quarter as often. The sums are made in the same order as one by one.
function product(x, W, from = 0, to = W.shape[1]) {
  const columns = W.shape[1], data = W.data;
  const y = zeros(to - from);
  let k = 0;
  for (; k + 3 < x.length; k += 4) {
    const [x0, x1, x2, x3] = [x[k], x[k + 1], x[k + 2], x[k + 3]];
    const r0 = k * columns + from, r1 = r0 + columns, r2 = r1 + columns, r3 = r2 + columns;
    for (let j = 0; j < y.length; j++) {
      y[j] = y[j] + x0 * data[r0 + j] + x1 * data[r1 + j] + x2 * data[r2 + j] + x3 * data[r3 + j];
    }
  }
  for (; k < x.length; k++) {
    const value = x[k], start = k * columns + from;
    for (let j = 0; j < y.length; j++) y[j] += value * data[start + j];
  }
  return y;
}

// W x: a matrix times a column.
function transposedProduct(x, W) {
  return map(zeros(W.shape[0]), (_, k) => dot(x, W.data.subarray(k * x.length)));
}

const affine = (x, {W, b}) => add(product(x, W), b.data);

// sum_s a_s h_s: the states of a source, weighted.
function weightedSum(a, hs) {
  const c = zeros(hs[0].length);
  for (let s = 0; s < hs.length; s++) {
    for (let k = 0; k < c.length; k++) c[k] += a[s] * hs[s][k];
  }
  return c;
}

// As common/functions.py: a masked score gets exactly zero; where nothing counts all are zero.
function softmax(scores, mask = null) {
  const counts = (k) => mask === null || mask[k];
  let highest = -Infinity;
  for (let k = 0; k < scores.length; k++) {
    if (counts(k)) highest = Math.max(highest, scores[k]);
  }
  const y = map(scores, (score, k) => (counts(k) ? Math.exp(score - highest) : 0));
  const total = y.reduce((sum, value) => sum + value, 0);
  return total > 0 ? scale(y, 1 / total) : y;
}

function logSoftmax(x) {
  const highest = Math.max(...x);
  const sum = x.reduce((total, value) => total + Math.exp(value - highest), 0);
  return map(x, (value) => value - highest - Math.log(sum));
}

// The place of the highest number, of equal ones the first.
function argmax(x) {
  let best = 0;
  for (let k = 1; k < x.length; k++) if (x[k] > x[best]) best = k;
  return best;
}

// The places of the `count` highest numbers, the highest first, of equal ones the first.
function highest(x, count) {
  const kept = [];
  for (let k = 0; k < x.length; k++) {
    let at = kept.length;
    while (at > 0 && x[k] > x[kept[at - 1]]) at--;
    if (at === count) continue;
    kept.splice(at, 0, k);
    if (kept.length > count) kept.pop();
  }
  return kept;
}
