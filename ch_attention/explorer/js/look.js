// Where a step looks: a rectangle as high as its weight over each source token, and a line from it
// to the written token. The rectangles can be dragged: the others share what is left.

const FULL = 104; // pixels of a weight of 1
const FALL = 70; // pixels from the source down to the written token

class Look {
  // moved(k, weight): the rectangle of the k-th token was dragged to this weight
  constructor(fig, moved) {
    this.fig = fig;
    this.moved = moved;
    this.dragged = null;
    fig.svg.addEventListener("pointerdown", (event) => this.grasp(event));
    fig.svg.addEventListener("pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) {
      fig.svg.addEventListener(name, () => { this.dragged = null; });
    }
  }

  // weights in the order in which a person reads; written: the labels of the answer; t: which one
  draw({labels, weights, written, t, pick, label, own}) {
    const fig = this.fig, columns = sourceColumns(fig, labels);
    const base = FULL + 14, tokens = base + 2, top = tokens + columns.below, foot = top + FALL;
    this.columns = columns;
    this.count = labels.length;
    this.base = base;
    fig.begin(foot + 30, label);
    fig.rect(columns.left, base - FULL, labels.length * columns.cw, 1, {class: "grid-line"});
    fig.text(columns.left - 6, base - FULL + 4, "1", {class: "tick", "text-anchor": "end"});
    fig.text(columns.left - 6, base + 4, "0", {class: "tick", "text-anchor": "end"});
    const places = writtenPlaces(fig, written, columns, t);
    weights.forEach((weight, k) => this.drawLine(weight, columns.centre(k), top, places[t], foot));
    weights.forEach((weight, k) => this.drawWeight(weight, k, own));
    fig.rect(columns.left, base, labels.length * columns.cw, 1, {class: "axis"});
    drawSourceLabels(fig, labels, columns, tokens);
    drawWritten(fig, written, places, t, foot);
    fig.grid({x: columns.left, y: base - FULL - 6, cw: columns.cw, ch: FULL + 6, rows: 1,
              cols: labels.length, pick: (r, c) => pick(c)});
    fig.end();
  }

  drawWeight(weight, k, own) {
    const {fig, columns, base} = this;
    const height = weight * FULL, x = columns.left + k * columns.cw;
    fig.rect(x + 1.5, base - height, columns.cw - 3, Math.max(height, 0.6),
             {class: `bar attention handle${own ? " own" : ""}`});
    if (weight >= 0.1 && columns.cw > 20) {
      fig.text(x + columns.cw / 2, base - height - 4, shownNumber(weight),
               {class: "tick", "text-anchor": "middle"});
    }
  }

  drawLine(weight, x, top, target, foot) {
    if (weight < 0.004) return;
    const middle = (top + foot) / 2;
    this.fig.add("path", {
      d: `M${round(x)} ${top}C${round(x)} ${middle} ${round(target)} ${middle} ${round(target)} ${foot}`,
      class: "line", "stroke-width": round(0.6 + weight * Math.min(14, this.columns.cw * 0.7)),
      "stroke-opacity": round(0.25 + 0.6 * weight) });
  }

  columnAt(event) {
    const [x, y] = this.fig.place(event);
    const k = Math.floor((x - this.columns.left) / this.columns.cw);
    return {k: k >= 0 && k < this.count && y < this.base + 6 ? k : null, y};
  }

  grasp(event) {
    const {k, y} = this.columnAt(event);
    // A finger may only want to scroll the page: it moves weights with the sliders.
    if (k === null || event.pointerType === "touch") return;
    this.dragged = {k, from: y};
    this.fig.svg.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (!this.dragged) return;
    const {y} = this.columnAt(event);
    if (!this.dragged.moving && Math.abs(y - this.dragged.from) < 4) return;
    this.dragged.moving = this.fig.dragged = true;
    this.moved(this.dragged.k, Math.min(1, Math.max(0, (this.base - y) / FULL)));
  }
}

// Where the written tokens stand below the source, or null: if not all have room, those around the
// t-th have it.
function writtenPlaces(fig, written, columns, t) {
  const widths = written.map((label) => 14 + 8 * shortened(label).length);
  const room = fig.width - columns.left - 8;
  let first = t, last = t, filled = widths[t];
  const fits = (k) => k >= 0 && k < widths.length && filled + widths[k] <= room;
  while (fits(first - 1) || fits(last + 1)) {
    if (fits(first - 1)) filled += widths[--first];
    if (fits(last + 1)) filled += widths[++last];
  }
  const spread = Math.min(1.6, room / filled);
  let x = columns.left;
  return widths.map((width, k) => {
    if (k < first || k > last) return null;
    x += width * spread;
    return x - width * spread / 2;
  });
}

function drawWritten(fig, written, places, t, foot) {
  written.forEach((label, k) => {
    if (places[k] === null) return;
    if (k === t) {
      const width = 12 + 8.5 * shortened(label).length;
      fig.rect(places[k] - width / 2, foot + 1, width, 24, {class: "pill", rx: 6});
    }
    fig.text(places[k], foot + 18, shortened(label), {
      class: `token${k === t ? " active" : k > t ? " later" : ""}`, "text-anchor": "middle" });
  });
}

// One weight is set by hand; the others keep their proportions and share the rest of the 1.
function withWeight(weights, k, weight) {
  const rest = weights.reduce((sum, value, s) => sum + (s === k ? 0 : value), 0);
  return Array.from(weights, (value, s) => {
    if (s === k) return weight;
    return rest > 1e-9 ? value / rest * (1 - weight)
      : (1 - weight) / Math.max(1, weights.length - 1);
  });
}
