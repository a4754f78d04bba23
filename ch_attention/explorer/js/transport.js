// Going from step to step: a slider, two buttons, play, and the arrow keys anywhere outside of a
// field or a figure. The way goes through all tokens that are read, then all that are written.

const PACE = 900; // milliseconds of a step when it plays

class Transport {
  // go(place): {phase, k}
  constructor(host, go) {
    this.go = go;
    this.slider = element("input", {type: "range", min: 0, step: 1, id: "step", class: "timeline",
                                    input: () => this.to(Number(this.slider.value))});
    const button = (sign, key, act) =>
      element("button", {type: "button", class: "round", "data-label": key, click: act}, sign);
    this.player = new Player(PACE, () => this.begin(), () => this.step());
    this.label = element("output", {class: "where", for: "step", "aria-live": "off"});
    host.append(element("div", {class: "buttons"}, button("\u2039", "back", () => this.move(-1)),
                        this.player.button, button("\u203a", "next", () => this.move(1)),
                        this.label),
                this.makeWay());
    document.addEventListener("keydown", (event) => this.keyed(event));
  }

  // The slider, over a line whose two parts are as long as the reading and the writing.
  makeWay() {
    this.parts = ["encoder", "decoder"].map((name) => element("span", {class: `part-${name}`}));
    return element("div", {class: "way"},
                   element("div", {class: "parts", "aria-hidden": "true"},
                           ...this.parts), this.slider);
  }

  draw(session, place) {
    this.session = session;
    this.at = place.phase === "read" ? place.k : session.S + place.k;
    this.slider.max = this.last;
    this.slider.value = this.at;
    [session.S, session.T].forEach((count, k) => {
      this.parts[k].style.flexGrow = count;
      this.parts[k].textContent = say(k ? "partWrites" : "partReads");
    });
    const read = place.phase === "read";
    const token = read ? labelsByReading(session)[place.k] : writtenLabels(session)[place.k];
    const values = {token, k: place.k + 1, count: read ? session.S : session.T};
    clear(this.label, ...tell(read ? "reading" : "writing", values));
    this.slider.setAttribute("aria-label", say("step"));
    this.slider.setAttribute("aria-valuetext", say(read ? "reading" : "writing", values));
  }

  // The last place of the way.
  get last() {
    return this.session.S + this.session.T - 1;
  }

  to(at) {
    const {S} = this.session, k = Math.min(this.last, Math.max(0, at));
    this.go(k < S ? {phase: "read", k} : {phase: "write", k: k - S});
  }

  move(by) {
    this.stop();
    this.to(this.at + by);
  }

  keyed(event) {
    const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    const busy = event.target.closest?.("input, textarea, select, svg, .scrolled");
    const other = event.altKey || event.ctrlKey || event.metaKey;
    if (!by || busy || other || !this.session?.path) return;
    event.preventDefault();
    this.move(by);
  }

  begin() {
    if (this.at >= this.last) this.to(0);
  }

  step() {
    if (this.at < this.last) this.to(this.at + 1);
    return this.at < this.last;
  }

  stop() {
    this.player.stop();
  }
}
