// The tree of beginnings that a beam search has kept and dropped: a column for each step, the better
// beginnings above, the answers at the right with the logarithm of their probability.

const ROW = 26, COLUMN = 44, ROOT = 60;

// tree: nodes as `beam` returns them; best: the set of nodes of the shown answer; shown(token)
function drawTree(fig, {tree, best, shown, label, pick}) {
  const columns = [];
  for (const node of tree) (columns[node.t + 1] ??= []).push(node);
  columns.forEach((column) => column.sort((a, b) => b.alive - a.alive || b.score - a.score));
  const widest = Math.max(...columns.map((column) => column.length));
  const letters = Math.max(...tree.slice(1).map((node) => Math.min(10, shown(node.token).length)));
  const across = COLUMN + 8 * (letters - 1);
  const left = Math.max(0, ROOT - across); // the first one, <sos>, may be wider than all others
  const centre = (k) => across / 2 + k * across + (k ? left : left / 2);
  const places = columns.flatMap((column, k) =>
    column.map((node, r) => [node, [centre(k), 18 + r * ROW]]));
  const placeOf = new Map(places.map(([node, place]) => [node.index, place]));
  fig.begin(widest * ROW + 14, label, Math.max(fig.width, left + columns.length * across + 2));
  for (const node of tree) {
    drawBranch(fig, placeOf.get(node.index), placeOf.get(node.parent), node, best);
  }
  for (const [node, place] of places) drawNode(fig, place, node, best.has(node), shown);
  columns.forEach((column, k) => fig.grid({
    x: centre(k) - across / 2 + 4, y: 18 - ROW / 2, cw: across - 8, ch: ROW,
    rows: column.length, cols: 1, acts: true,
    pick: (r) => pick(column[r]) }));
  fig.end();
}

function drawBranch(fig, place, from, node, best) {
  if (!from) return;
  const [x, y] = place, [x0, y0] = from, middle = (x + x0) / 2;
  const name = `branch${node.alive ? "" : " dropped"}${best.has(node) ? " best" : ""}`;
  fig.add("path", {d: `M${x0} ${y0}C${middle} ${y0} ${middle} ${y} ${x} ${y}`, class: name});
}

function drawNode(fig, [x, y], node, isBest, shown) {
  const token = shown(node.token).slice(0, 10);
  const width = 12 + 8 * token.length;
  const name = `node${node.alive ? "" : " dropped"}${isBest ? " best" : ""}`;
  fig.rect(x - width / 2, y - 10, width, 20, {class: name, rx: 6});
  fig.text(x, y + 4.5, token, {class: `token${isBest ? " active" : ""}`, "text-anchor": "middle"});
}
