// How a token is chosen: greedy, sampling, or a beam with its tree of beginnings.

class WayPanel {
  constructor(page) {
    this.page = page;
    this.stage = new Stage("way", page, false);
    this.group = element("div", {class: "choices", role: "group"});
    this.about = element("p", {class: "text"});
    this.sampling = this.makeSampling();
    this.beaming = this.makeBeaming();
    this.stage.body.append(this.group, this.about, this.sampling.host, this.beaming.host);
    this.fig = this.stage.figure("beam-tree", this.beaming.host);
    this.fig.frame.classList.add("wide");
    this.answers = element("ol", {class: "answers"});
    this.beaming.host.append(this.answers);
  }

  makeSampling() {
    const {page} = this;
    const seed = element("output"), heatShown = element("output");
    const change = () => page.change({heat: +(2 ** Number(heat.value)).toFixed(3)});
    const heat = element("input", {type: "range", min: -2, max: 2, step: 0.25, input: change});
    const again = element("button", {type: "button", class: "choice", "data-text": "drawAgain",
                                     click: () => page.change({seed: page.state.seed + 1})});
    const host = element("div", {class: "sampling"},
      element("p", {class: "line"}, element("span", {"data-text": "seed"}), seed, again),
      element("label", {class: "line"}, element("span", {"data-text": "sampleHeat"}), heat,
              heatShown));
    return {host, seed, heat, heatShown};
  }

  makeBeaming() {
    const {page} = this;
    const shown = element("output");
    const change = () => page.change({width: Number(width.value), pick: 0});
    const width = element("input", {type: "range", min: 1, max: 8, step: 1, input: change});
    const norms = element("div", {class: "choices", role: "group"});
    const host = element("div", {class: "beaming"},
      element("label", {class: "line"}, element("span", {"data-text": "beamWidth"}), width, shown),
      element("div", {class: "line"}, element("span", {"data-text": "normalise"}), norms));
    return {host, width, shown, norms};
  }

  draw(session, state) {
    const {page, stage} = this;
    stage.write("wayTitle", "wayText");
    if (!stage.details.open) return;
    const choose = (way) => () =>
      page.change({way, pick: 0, ...(way === "beam" ? withoutSteps(state) : {forced: {}})});
    const ways = ["greedy", "sample", "beam"];
    setButtons(this.group, ways.map((way) => [way, state.way === way, choose(way)]));
    clear(this.about, ...tell(`${state.way}Text`));
    this.sampling.host.hidden = state.way !== "sample";
    this.beaming.host.hidden = state.way !== "beam";
    this.sampling.seed.textContent = state.seed;
    this.sampling.heatShown.textContent = shownNumber(state.heat);
    keepValue(this.sampling.heat, Math.log2(state.heat));
    if (session.searched) this.drawBeam(session, state);
  }

  drawBeam(session, state) {
    const {page, beaming} = this, {searched, model} = session;
    beaming.width.value = state.width;
    beaming.shown.textContent = state.width;
    const norms = [["normNone", "none"], ["normLength", "length"], ["normWu", "wu"]];
    setButtons(beaming.norms, norms.map(([key, normalise]) =>
      [key, state.normalise === normalise, () => page.change({normalise, pick: 0})]));
    const best = new Set([searched.tree[0], ...pathTo(searched.tree, session.answer.node)]);
    const pickNode = (node) => {
      const k = searched.answers.findIndex(({node: end}) => end === node
                                           || pathTo(searched.tree, end).includes(node));
      if (k >= 0) page.change({pick: k, at: {phase: "write", k: Math.max(0, node.t)}});
      return null;
    };
    const shownAnswer = model.target.decode(session.answer.ids);
    const label = say("treeLabel", {count: searched.tree.length - 1, answer: shownAnswer});
    drawTree(this.fig, {tree: searched.tree, best, shown: shownToken, pick: pickNode, label});
    const lines = keepChildren(this.answers, searched.answers.length, () =>
      element("li", {}, element("button", {type: "button", class: "answer-choice"})));
    searched.answers.forEach((answer, k) => {
      const pressed = String(answer === session.answer);
      const text = shownText(model.target.symbolsOf(answer.ids), model);
      update(lines[k].firstChild, {"aria-pressed": pressed, click: () => page.change({pick: k})},
             element("span", {class: "token"}, text),
             element("span", {class: "log-p"}, `${say("logP")} = ${shownNumber(answer.logP, 3)}`));
    });
  }
}

// Symbols as one text in which nothing is invisible.
function shownText(symbols, model) {
  return symbols.map((symbol) =>
    (symbol === " " ? " " : shownToken(symbol))).join(model.tokens === "words" ? " " : "");
}
