// Save a figure as SVG or PNG. What the style sheet says is written into the copy, so that it looks
// the same elsewhere.

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "fill-opacity",
              "stroke-opacity", "font-family", "font-size", "font-style", "font-weight", "text-anchor",
              "visibility", "paint-order", "stroke-linejoin"];
const SHARPNESS = 2; // pixels of the PNG for one of the page

function saveButtons(figure) {
  const button = (kind, save) => element("button", {
    type: "button", class: "quiet", click: () => save(figure),
  }, kind);
  return [button("SVG", saveSvg), button("PNG", savePng)];
}

// The buttons say which figure they save.
function labelButtons(figure) {
  if (figure.labelled === language) return;
  figure.labelled = language;
  const {name, saving} = figure;
  const [first, model] = name.split(/-(.*)/s);
  const said = first === "heatmap" && model ? say("figure_heatmap_of", {model})
    : say(`figure_${name.replace(/-/g, "_")}`);
  for (const button of saving) {
    const label = say("saveAs", {figure: said, kind: button.textContent});
    button.setAttribute("aria-label", label);
    button.title = label;
  }
}

function saveSvg(figure) {
  download(new Blob([standalone(figure)], {type: "image/svg+xml"}), `${figure.name}.svg`);
}

async function savePng(figure) {
  const [width, height] = figure.size;
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(standalone(figure));
  await image.decode();
  const canvas = element("canvas", {width: width * SHARPNESS, height: height * SHARPNESS});
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => download(blob, `${figure.name}.png`), "image/png");
}

// The text of an SVG file that needs nothing of this page.
function standalone(figure) {
  const copy = figure.svg.cloneNode(true);
  const originals = figure.svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((node, k) => writeStyle(node, getComputedStyle(originals[k])));
  copy.querySelectorAll(".cursor, .hover").forEach((node) => node.remove());
  for (const node of [copy, ...copy.querySelectorAll("*")]) {
    for (const name of ["tabindex", "role", "class", "aria-label"]) node.removeAttribute(name);
  }
  const paper = copy.ownerDocument.createElementNS(copy.namespaceURI, "rect");
  for (const side of ["width", "height"]) paper.setAttribute(side, copy.getAttribute(side));
  paper.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(paper);
  const title = copy.ownerDocument.createElementNS(copy.namespaceURI, "title");
  title.textContent = `${say("title")}: ${figure.svg.getAttribute("aria-label")}`;
  copy.prepend(title);
  return new XMLSerializer().serializeToString(copy);
}

function writeStyle(node, style) {
  for (const name of KEPT) node.setAttribute(name, style.getPropertyValue(name));
}

function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const anchor = element("a", {href: address, download: name});
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
