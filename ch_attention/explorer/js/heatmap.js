// The heatmap: a row for each written token, a column for each token of the source, in the order in
// which a person reads it.

const LARGEST = 30, LETTER = 8; // pixels of a cell, at most; of a letter

// map: {columns, rows: [label], weights[r][c], row, column (the current ones or null), pick(r, c)}
function drawHeatmap(fig, map, {label, room = Infinity, legend = true, most = 14} = {}) {
  const short = (labels) => labels.map((label) => shortened(label, most));
  const columns = short(map.columns), rows = short(map.rows);
  const left = 14 + LETTER * Math.max(1, ...rows.map((row) => row.length));
  const turned = columns.some((column) => column.length > 1);
  const below = turned ? 12 + LETTER * Math.max(...columns.map((column) => column.length)) : 22;
  const foot = legend ? 22 : 0;
  const cw = Math.min(LARGEST, (fig.width - left - 4) / Math.max(1, columns.length));
  const ch = Math.max(11, Math.min(cw, LARGEST,
                                   (room - below - foot - 6) / Math.max(1, rows.length)));
  const x = left, y = 3, down = Math.max(1, rows.length) * ch;
  fig.begin(y + down + below + foot, label);
  if (!map.weights) drawNothing(fig, x, y, columns.length * cw, down);
  else {
    fig.cells({x, y, cw, ch, rows: rows.length, cols: columns.length, gap: cw > 7 ? 1 : 0,
               scale: "share", value: (r, c) => map.weights[r]?.[c] ?? null});
  }
  drawLabels(fig, {...map, columns, rows}, {x, y, cw, ch, down, turned});
  if (map.row !== null && map.row < rows.length) {
    fig.rect(x - 2, y + map.row * ch - 1.5, columns.length * cw + 3, ch + 2, {class: "current"});
  }
  if (map.column !== null && map.column !== undefined) {
    fig.rect(x + map.column * cw - 1.5, y - 1.5, cw + 2, down + 2, {class: "current"});
  }
  if (legend && map.weights) drawShareLegend(fig, x, y + down + below + 4);
  fig.grid({x, y, cw, ch, rows: rows.length, cols: columns.length, pick: map.pick,
            first: map.row ?? undefined});
  fig.end();
}

function drawLabels(fig, map, {x, y, cw, ch, down, turned}) {
  map.rows.forEach((row, r) => {
    const size = ch < 13 && row.length > 1 ? " small" : "";
    fig.text(x - 8, y + (r + 0.5) * ch + 4.5, row, {
      class: `token${r === map.row ? " active" : ""}${size}`, "text-anchor": "end" });
  });
  map.columns.forEach((column, c) => {
    const centre = x + (c + 0.5) * cw;
    const name = `token${c === map.column ? " active" : ""}`;
    if (!turned) {
      fig.text(centre, y + down + 16, column,
               {class: cw < 10 ? `${name} small` : name, "text-anchor": "middle"});
      return;
    }
    const label = fig.text(centre + 4, y + down + 8, column, {class: name, "text-anchor": "end"});
    label.setAttribute("transform", `rotate(-90 ${centre + 4} ${y + down + 8})`);
  });
}

// A model that never looks back has no weights: that is said, and nothing is drawn in their place.
function drawNothing(fig, x, y, across, down) {
  fig.rect(x, y, across, down, {class: "empty"});
  fig.text(x + across / 2, y + down / 2 + 4, say("noLook"),
           {class: "note", "text-anchor": "middle"});
}

function drawShareLegend(fig, x, y) {
  const width = 110;
  for (let level = 0; level <= LEVELS; level += 2) {
    fig.rect(x + 12 + level * width / LEVELS, y, 2 * width / LEVELS + 0.5, 7,
             {fill: shareColour(level)});
  }
  fig.text(x + 8, y + 8, "0", {class: "tick", "text-anchor": "end"});
  fig.text(x + 22 + width, y + 8, "1", {class: "tick"});
  fig.math(x + 38 + width, y + 8, "a_{ts}", {class: "letters tick"});
}

