// Bars: the scores of the source tokens, upright; the most probable next tokens, lying.

const TALL = 96; // pixels from the lowest score to the highest
const LINE = 34; // pixels of a row of next tokens, as in the style sheet (.next-buttons)

// Where the columns of the source stand: scores, weights and lines use the same.
function sourceColumns(fig, labels) {
  const turned = labels.some((label) => label.length > 1);
  const left = 34;
  const cw = Math.min(turned ? 54 : 34, (fig.width - left - 4) / Math.max(1, labels.length));
  const below = turned ? 14 + 8 * Math.max(...labels.map((label) => shortened(label).length)) : 24;
  return {left, cw, turned, below, centre: (k) => left + (k + 0.5) * cw};
}

function drawSourceLabels(fig, labels, columns, y, active = -1) {
  labels.forEach((label, k) => {
    const x = columns.centre(k), name = `token${k === active ? " active" : ""}${columns.cw < 10 ? " small" : ""}`;
    if (!columns.turned) return void fig.text(x, y + 15, label,
                                              {class: name, "text-anchor": "middle"});
    const text = fig.text(x + 4, y + 8, shortened(label), {class: name, "text-anchor": "end"});
    text.setAttribute("transform", `rotate(-90 ${x + 4} ${y + 8})`);
  });
}

// scores: numbers in the order in which a person reads, null for what the mask hides
function drawScores(fig, {labels, scores, pick, label}) {
  const columns = sourceColumns(fig, labels);
  const seen = scores.filter((score) => score !== null && Number.isFinite(score));
  const top = Math.max(0, ...seen), bottom = Math.min(0, ...seen);
  const unit = TALL / Math.max(top - bottom, 1e-6);
  const zero = 20 + top * unit;
  fig.begin(20 + TALL + 18 + columns.below, label);
  const best = seen.length ? Math.max(...seen) : 0;
  scores.forEach((score, k) => {
    const x = columns.left + k * columns.cw + 1;
    if (score === null || !Number.isFinite(score)) {
      fig.rect(x, 20, columns.cw - 2, TALL, {class: "masked"});
      return;
    }
    fig.rect(x, Math.min(zero, zero - score * unit), columns.cw - 2,
             Math.max(1, Math.abs(score * unit)),
             {class: "bar attention"});
    if (columns.cw > 27 || score === best) {
      const y = score < 0 ? zero - score * unit + 11 : zero - score * unit - 4;
      fig.text(columns.centre(k), y, shownNumber(score, 1),
               {class: "tick", "text-anchor": "middle"});
    }
  });
  fig.rect(columns.left, zero, labels.length * columns.cw, 1, {class: "axis"});
  fig.text(columns.left - 6, zero + 4, "0", {class: "tick", "text-anchor": "end"});
  drawSourceLabels(fig, labels, columns, 20 + TALL + 14);
  fig.grid({x: columns.left, y: 14, cw: columns.cw, ch: TALL + 18, rows: 1, cols: labels.length,
            pick: (r, c) => pick(c)});
  fig.end();
}

// rows: [{token, share, chosen}], the most probable first
function drawNext(fig, {rows, pick, label}) {
  const left = 16 + 9 * Math.max(3, ...rows.map((row) => shortened(row.token).length));
  const room = fig.width - left - 66;
  fig.begin(rows.length * LINE, label);
  rows.forEach((row, r) => {
    const y = r * LINE;
    fig.text(left - 10, y + LINE / 2 + 5, shortened(row.token), {
      class: `token large${row.chosen ? " active" : ""}`, "text-anchor": "end" });
    fig.rect(left, y + 6, room, LINE - 12, {class: "track"});
    fig.rect(left, y + 6, Math.max(1, room * row.share), LINE - 12,
             {class: `bar ${row.chosen ? "chosen" : "next"}`});
    fig.text(left + room + 8, y + LINE / 2 + 4, shownPercent(row.share), {class: "tick strong"});
  });
  fig.grid({x: left, y: 0, cw: room + 60, ch: LINE, rows: rows.length, cols: 1,
            pick: (r) => pick(r)});
  fig.end();
}
