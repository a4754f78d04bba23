// States as strips of coloured cells, one below the other: blue below zero, orange above.

const NARROWEST = 2.6; // pixels of a cell: a strip with narrower ones is broken into lines

// rows: [{label, math?, values (an array, or null: not there yet), pick(j), active, scale?}]
function drawStrips(fig, rows, options = {}) {
  const {height = 18, gap = 4, label, legend = true, breakable = true} = options;
  const left = options.left ?? labelRoom(rows);
  const room = fig.width - left - 2;
  const plans = rows.map((row) => planStrip(row, room, breakable));
  const total = plans.reduce((sum, plan) => sum + plan.lines * height + gap, 0);
  fig.begin(total + (legend ? 26 : 2), label);
  let y = 1;
  rows.forEach((row, k) => {
    drawStrip(fig, row, plans[k], {x: left, y, height});
    y += plans[k].lines * height + gap;
  });
  if (legend) drawSignedLegend(fig, left, y + 8);
  fig.end();
}

// Tokens stand at the left of their strips: words need more room than letters.
function labelRoom(rows) {
  return Math.max(62, 16 + 7.4 * Math.max(...rows.map((row) => shortened(row.label ?? "").length)));
}

function planStrip(row, room, breakable) {
  const count = row.values ? row.values.length : row.size ?? 1;
  const lines = breakable ? Math.max(1, Math.ceil(count * NARROWEST / room)) : 1;
  const perLine = Math.ceil(count / lines);
  return {count, lines, perLine, cw: Math.min(room / perLine, 28)};
}

function drawStrip(fig, row, plan, {x, y, height}) {
  const {count, lines, perLine, cw} = plan;
  const tag = {class: `strip-label${row.active ? " active" : ""}`, "text-anchor": "end"};
  const base = y + Math.min(height, 24) / 2 + 4.5;
  if (row.math) fig.math(x - 8, base, row.math, {...tag, class: `letters ${tag.class}`});
  else fig.text(x - 8, base, shortened(row.label), tag);
  if (row.scale > 1) fig.text(0, base, `\u00b1${row.scale}`, {class: "tick"});
  if (!row.values) {
    fig.rect(x, y, perLine * cw, height, {class: "empty"});
    return;
  }
  const gap = cw > 9 ? 1 : 0;
  for (let line = 0; line < lines; line++) {
    const first = line * perLine, cols = Math.min(perLine, count - first);
    const place = {x, y: y + line * height, cw, ch: height, rows: 1, cols};
    fig.cells({...place, gap, scale: row.scale ?? 1, value: (r, c) => row.values[first + c]});
    if (row.pick) fig.grid({...place, pick: (r, c) => row.pick(first + c),
                            first: row.active && line === 0 ? 0 : undefined});
  }
  if (row.parts) markParts(fig, row.parts, plan, {x, y, height});
  if (row.active) fig.rect(x - 1.5, y - 1, perLine * cw + 3, lines * height + 2,
                           {class: "active-frame"});
}

// Arrays side by side: a bar of its own colour above the cells of each. parts: [{size, kind}]
function markParts(fig, parts, {perLine, cw}, {x, y, height}) {
  let start = 0;
  for (const {size, kind} of parts) {
    for (let from = start; from < start + size;) {
      const line = Math.floor(from / perLine), to = Math.min(start + size, (line + 1) * perLine);
      fig.rect(x + (from - line * perLine) * cw, y + line * height, (to - from) * cw, 4,
               {class: `part ${kind}`});
      if (from > start || from % perLine) fig.rect(x + (from - line * perLine) * cw - 1, y
        + line * height, 2, height, {class: "seam"});
      from = to;
    }
    start += size;
  }
}

// From -1 to 1: a strip with another scale says so at its left.
function drawSignedLegend(fig, from, y) {
  const width = 96, said = say("eachCell");
  // A narrow figure has room for the words only if the legend begins further left.
  const letters = [...said].reduce((sum, letter) => sum + (letter > "\u2e80" ? 10.5 : 5.8), 0);
  const x = Math.max(0, Math.min(from, fig.width - width - 64 - letters));
  for (let level = 0; level <= LEVELS; level += 2) {
    fig.rect(x + 26 + level * width / LEVELS, y, 2 * width / LEVELS + 0.5, 7,
             {fill: signedColour(level)});
  }
  fig.text(x + 22, y + 8, "\u22121", {class: "tick", "text-anchor": "end"});
  fig.text(x + 32 + width + 2, y + 8, "1", {class: "tick"});
  fig.text(x + 60 + width, y + 8, said, {class: "tick"});
}
