// A figure: an SVG that is drawn anew after each change, the buttons that save it, and a cursor. The
// cursor is how a cell is touched: with a pointer, or with the arrow keys when the figure has the
// focus. Cells lie in grids; each grid tells what stands in its row r and column c.

const OVERLAP = -0.5; // pixels: cells without a gap must not let the paper through

class Figure {
  // touch(address) is called with what a grid's pick(r, c) returns
  constructor(host, name, page, touch = page.touch) {
    this.name = name;
    this.page = page;
    this.touch = touch;
    this.svg = svgElement("svg", {role: "application", class: "drawing", tabindex: "0"});
    this.frame = element("figure", {class: `figure figure-${name}`}, this.svg);
    this.saving = saveButtons(this);
    labelButtons(this);
    this.frame.append(element("figcaption", {class: "save"}, ...this.saving));
    host.append(this.frame);
    this.grids = [];
    this.cursor = null; // {grid, r, c}
    this.svg.addEventListener("click", (event) => this.pointed(event));
    this.svg.addEventListener("pointermove", (event) => this.hovered(event));
    this.svg.addEventListener("pointerleave", () => this.mark(this.hover, null));
    this.svg.addEventListener("keydown", (event) => this.keyed(event));
  }

  // To ask for the width makes the browser lay out the page: once is enough until the window changes.
  get width() {
    if (this.measuredIn !== view.width) {
      this.measured = this.frame.clientWidth;
      this.measuredIn = this.measured ? view.width : null;
    }
    return Math.max(240, this.measured);
  }

  // Begin to draw, `height` pixels high; `label` is what a screen reader says.
  begin(height, label, width = this.width) {
    this.grids = [];
    this.parts = [];
    [this.shares, this.signed] = [[], []];
    this.size = [width, height];
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    this.svg.setAttribute("aria-label", label);
    labelButtons(this);
  }

  end() {
    this.hover = this.add("rect", {class: "hover", visibility: "hidden"});
    this.outline = this.add("rect", {class: "cursor", visibility: "hidden"});
    this.svg.replaceChildren(...this.colourPaths(), ...this.parts);
    this.parts = [];
    const {touched} = this.page.state, found = this.locate(touched);
    if (found) this.page.touchedIn ??= this;
    if (found || !touched) this.cursor = found;
    if (found || (this.cursorStands() && document.activeElement === this.svg)) {
      this.mark(this.outline, this.cursor);
    }
  }

  add(tag, attributes, ...children) {
    const node = svgElement(tag, attributes, ...children);
    this.parts.push(node);
    return node;
  }

  rect(x, y, width, height, attributes) {
    const size = {x: round(x), y: round(y), width: round(Math.max(0, width)),
                  height: round(Math.max(0, height))};
    return this.add("rect", {...size, ...attributes});
  }

  text(x, y, text, attributes = {}) {
    return this.add("text", {x: round(x), y: round(y), ...attributes}, text);
  }

  math(x, y, source, attributes = {}) {
    const node = svgMath(source, {x: round(x), y: round(y), class: "letters", ...attributes});
    this.parts.push(node);
    return node;
  }

  // {x, y, cw, ch, rows, cols, pick(r, c), box(r, c)?, acts?, first?}: where a cell can be touched.
  // acts: to pick changes something; first: the row where the arrow keys begin
  grid(grid) {
    this.grids.push(grid);
  }

  // Cells of colours: value(r, c), scale "share" (0 to 1) or a largest number (-largest to largest).
  // All cells of one colour in a figure are one path: thousands of cells are some fifty elements, and
  // are drawn while one types.
  cells({x, y, cw, ch, rows, cols, value, scale = 1, gap = 0}) {
    const levels = scale === "share" ? this.shares : this.signed;
    const across = Array.from({length: cols}, (_, c) => `M${round(x + c * cw)} `);
    const kept = gap || OVERLAP;
    const square = `h${round(cw - kept)}v${round(ch - kept)}h${round(kept - cw)}z`;
    for (let r = 0; r < rows; r++) {
      const rest = round(y + r * ch) + square;
      for (let c = 0; c < cols; c++) {
        const number = value(r, c);
        if (number === null) continue;
        const level = scale === "share" ? shareLevel(number) : signedLevel(number, scale);
        (levels[level] ??= []).push(across[c], rest);
      }
    }
  }

  // The paths of all cells so far.
  colourPaths() {
    const paths = (levels, colour) => levels.map((cells, level) =>
      svgElement("path", {d: cells.join(""), fill: colour(level), class: "cells"}));
    return [...paths(this.shares, shareColour),
            ...paths(this.signed, signedColour)].filter(Boolean);
  }

  place(event) {
    const box = this.svg.getBoundingClientRect();
    const scale = this.size[0] / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  find(x, y) {
    for (let grid = 0; grid < this.grids.length; grid++) {
      const g = this.grids[grid];
      const r = Math.floor((y - g.y) / g.ch), c = Math.floor((x - g.x) / g.cw);
      if (r >= 0 && r < g.rows && c >= 0 && c < g.cols) return {grid, r, c};
    }
    return null;
  }

  cursorStands() {
    return this.cursor !== null && this.cursor.grid < this.grids.length;
  }

  // Where a touched cell stands in this figure, or null.
  locate(touched) {
    if (!touched) return null;
    const {array, at, j} = touched;
    for (const [grid, {rows, cols, pick, acts}] of this.grids.entries()) {
      for (let r = 0; r < rows && !acts; r++) {
        for (let c = 0; c < cols; c++) {
          const found = pick(r, c);
          if (found?.array !== array) break; // a row is of one array
          if (found.at === at && found.j === j) return {grid, r, c};
          if (found.at !== at) break; // and of one step
        }
      }
    }
    return null;
  }

  pointed(event) {
    if (this.dragged) return void (this.dragged = false); // the end of a drag is no touch
    const found = this.find(...this.place(event));
    if (found) this.moveTo(found);
  }

  hovered(event) {
    if (event.pointerType === "mouse") this.mark(this.hover, this.find(...this.place(event)));
  }

  moveTo(cursor) {
    this.cursor = cursor;
    const address = this.grids[cursor.grid].pick(cursor.r, cursor.c);
    this.mark(this.outline, cursor);
    if (!address) return;
    this.page.touchedIn = this;
    this.touch(address);
  }

  // The cell beside the touched one.
  nudge(down, right) {
    if (this.cursorStands()) this.moveTo(this.beside(down, right));
  }

  keyed(event) {
    const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0],
                  ArrowDown: [1, 0]}[event.key];
    if (!step || !this.grids.length || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.moveTo(this.cursorStands() ? this.beside(...step) : this.firstCell());
  }

  // Where the arrow keys begin: in the current row, if one is.
  firstCell() {
    const grid = Math.max(0, this.grids.findIndex(({first}) => first !== undefined));
    return {grid, r: this.grids[grid].first ?? 0, c: 0};
  }

  // One cell further; beyond the edge of a grid the next one begins.
  beside(down, right) {
    const {grid, r, c} = this.cursor;
    const g = this.grids[grid];
    const next = {grid, r: r + down, c: c + right};
    const other = this.grids[grid + Math.sign(down + right)];
    if (next.r >= 0 && next.r < g.rows && next.c >= 0 && next.c < g.cols) return next;
    if (!other) return {grid, r: clamp(r, g.rows), c: clamp(c, g.cols)};
    const forward = down + right > 0;
    const enter = (moved, at, length) =>
      (!moved ? clamp(at, length) : forward ? 0 : length - 1);
    return {grid: grid + (forward ? 1 : -1), r: enter(down, r, other.rows),
            c: enter(right, c, other.cols)};
  }

  mark(outline, cursor) {
    if (!outline) return;
    outline.setAttribute("visibility", cursor ? "visible" : "hidden");
    if (!cursor) return;
    const g = this.grids[cursor.grid];
    const r = clamp(cursor.r, g.rows), c = clamp(cursor.c, g.cols);
    const box = g.box ? g.box(r, c) : [g.x + c * g.cw, g.y + r * g.ch, g.cw, g.ch];
    ["x", "y", "width", "height"].forEach((name, k) => outline.setAttribute(name, round(box[k])));
  }
}

function clamp(k, length) {
  return Math.min(length - 1, Math.max(0, k));
}

function round(number) {
  return Math.round(number * 100) / 100;
}
