// Elements of the page, made one by one. Nothing here takes markup: a text stays a text, whatever
// characters it holds, so a symbol of a vocabulary can never become a tag.

const SVG = "http://www.w3.org/2000/svg";

// element("button", {class: "chip", "aria-label": "..."}, "text", anotherElement)
function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svgElement(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "click" || name === "input" || name === "change") {
      node.addEventListener(name, value);
    } else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Attributes, a click and children of a node that is there already: it keeps the focus.
function update(node, {click = null, ...attributes}, ...children) {
  node.onclick = click;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(name);
    else node.setAttribute(name, value);
  }
  return clear(node, ...children);
}

// So many children, made by make(k) where there are fewer. Those that are there stay, so that
// the reader's place on the keyboard does; of one that goes the last one that stays has it.
function keepChildren(host, count, make) {
  const held = host.contains(document.activeElement);
  while (host.children.length > count) host.lastElementChild.remove();
  if (held && !host.contains(document.activeElement)) focusIn(host);
  while (host.children.length < count) host.append(make(host.children.length));
  return [...host.children];
}

function focusIn(host) {
  const buttons = host.querySelectorAll("button");
  buttons[buttons.length - 1]?.focus();
}

// The node with these children and no others; null stands for none.
function clear(node, ...children) {
  node.replaceChildren(...children.filter((child) => child !== null));
  return node;
}

const NARROW = 896; // pixels, as in the style sheet: below it the heatmap stands above the stages
const LOW = 600; // and below this height nothing stays in view

// The size of the window. To ask the browser makes it lay out the page, so it is asked once a change.
const view = {width: innerWidth, height: innerHeight};
addEventListener("resize", () => Object.assign(view, {width: innerWidth, height: innerHeight}));

function byId(id) {
  return document.getElementById(id);
}
