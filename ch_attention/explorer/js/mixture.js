// The weighted sum as a mixture: each encoder state as a strip as high as its weight, and below them
// what the mixture comes to, the context vector.

const STACK = 120; // pixels of all strips together: a weight of 1
const SHORT = 9; // letters of a token beside its strip

// parts: [{label, weight, values}] in the order in which a person reads; c: the sum
function drawMixture(fig, {parts, c, pickPart, pick, label, zeroed}) {
  const longest = Math.max(...parts.map((part) => shortened(part.label, SHORT).length));
  const left = Math.max(62, 18 + 6.4 * (7 + longest)), room = fig.width - left - 2, H = c.length, cw = room / H;
  const seen = parts.map((part, k) => ({...part, k})).filter((part) => part.weight > 0.002);
  fig.begin(STACK + 76, label);
  let y = 4;
  for (const part of seen) {
    const height = part.weight * STACK;
    const place = {x: left, y, cw, ch: height, rows: 1, cols: H};
    fig.cells({...place, value: (r, j) => part.values[j]});
    if (height > 3) fig.grid({...place, pick: (r, j) => pickPart(part.k, j)});
    fig.rect(left - 5, y, 3, Math.max(0.8, height - 1), {class: "bar attention"});
    if (height >= 11) {
      fig.text(left - 11, y + height / 2 + 4,
               `${shownNumber(part.weight)} \u00b7 ${shortened(part.label, SHORT)}`,
               {class: "tick", "text-anchor": "end"});
    }
    y += height;
  }
  if (zeroed) fig.rect(left, 4, room, STACK, {class: "crossed"});
  const base = STACK + 18;
  fig.math(left - 10, base + 17, "= c_t", {class: "letters", "text-anchor": "end"});
  const strip = {x: left, y: base, cw, ch: 24, rows: 1, cols: H};
  fig.cells({...strip, value: (r, j) => c[j]});
  fig.grid({...strip, pick: (r, j) => pick(j)});
  drawSignedLegend(fig, left, base + 34);
  fig.end();
}
