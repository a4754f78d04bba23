// A stage of a step: a heading that can be folded, a sentence or two, figures, and what goes deeper,
// folded at first. It is drawn only while it is open.

// The stages that the window shows: to ask for the place of each would make the browser lay out.
const inSight = new Set();
const seen = new IntersectionObserver((entries) => entries.forEach(({target, isIntersecting}) =>
  inSight[isIntersecting ? "add" : "delete"](target)));

class Stage {
  constructor(key, page, open = true) {
    this.key = key;
    this.page = page;
    this.number = element("span", {class: "number", "aria-hidden": "true"});
    this.heading = element("span", {class: "heading"});
    this.text = element("p", {class: "text"});
    this.body = element("div", {class: "body"}, this.text);
    this.details = element("details", {class: `stage stage-${key}`, id: `stage-${key}`},
                           element("summary", {}, this.number, element("h2", {}, this.heading)),
                           this.body);
    this.details.open = open;
    this.details.addEventListener("toggle", () => page.redraw());
    seen.observe(this.details);
  }

  get inView() {
    return inSight.has(this.details);
  }

  figure(name, host = this.body) {
    return new Figure(host, name, this.page);
  }

  // Something that goes deeper: a folded part of the stage.
  fold(key) {
    const heading = element("span", {"data-text": key});
    const text = element("p", {class: "text"});
    const body = element("div", {class: "body"}, text);
    const details = element("details", {class: `fold fold-${key}`},
                            element("summary", {}, heading), body);
    details.addEventListener("toggle", () => this.page.redraw());
    this.body.append(details);
    return {details, body, text, get open() { return details.open; }};
  }

  write(headingKey, textKey, values) {
    clear(this.heading, ...tell(headingKey));
    clear(this.text, ...tell(textKey, values));
  }
}

// The key of a text that has a variant for this kind of model.
function textFor(key, kind) {
  return `${key}_${kind}` in TEXTS ? `${key}_${kind}` : key;
}
