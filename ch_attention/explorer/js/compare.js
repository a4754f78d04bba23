// The models of the page side by side on one sentence.

class ComparePanel {
  constructor(page, models) {
    this.page = page;
    this.stage = new Stage("compare", page, true);
    const grid = element("div", {class: "models"});
    this.stage.body.append(grid);
    this.cards = models.map((model) => new ModelCard(page, model, grid));
  }

  draw(session, state) {
    this.stage.write("compareTitle", "compareText");
    if (!this.stage.details.open) return;
    for (const card of this.cards) card.draw(session, state);
  }
}

class ModelCard {
  constructor(page, model, grid) {
    this.page = page;
    this.model = model;
    this.answer = element("p", {class: "card-answer"});
    this.sure = element("p", {class: "sure"});
    this.sureLabel = element("p", {class: "text small sure-label"});
    this.take = () => page.useModel(model);
    this.use = element("button", {type: "button", class: "choice"});
    this.host = element("section", {class: "card"}, element("h3", {}, model.title),
                        element("p", {class: "kind"}, model.name),
                        this.answer, this.sure, this.sureLabel);
    grid.append(this.host);
    this.fig = new Figure(this.host, `heatmap-${model.key}`, page);
    this.never = element("p", {class: "text small"});
    this.host.append(this.never, this.use);
  }

  draw(session, state) {
    const shown = session.model === this.model;
    // A button that is disabled would lose the focus.
    update(this.use, {"aria-disabled": String(shown), click: shown ? null : this.take},
           ...tell(shown ? "compareUsed" : "compareUse"));
    const own = this.compute(withoutChanges(session, state));
    this.fig.frame.hidden = !own.path || !this.model.attends;
    this.never.hidden = !own.path || this.model.attends;
    clear(this.never, ...tell(textFor("neverLooks", this.model.kind)));
    clear(this.sureLabel, ...(own.path ? tell("sureOf") : []));
    if (!own.path) {
      const tokens = listOf(own.read.unknown.map((k) => own.read.tokens[k]), this.model.tokens);
      clear(this.answer, ...tell(own.tooLong ? "tooLong" : tokens ? "compareCannot" : "empty",
                                 {tokens, ...tooLongValues(own)}));
      clear(this.sure);
      return;
    }
    clear(this.answer, shownText(this.model.target.symbolsOf(own.path.map(({next}) => next)),
                                 this.model) || say("nothing"));
    this.drawSure(own);
    if (this.model.attends) this.drawMap(own);
  }

  compute(plain) {
    const chosen = JSON.stringify(plain);
    if (chosen !== this.chosen) this.own = makeSession(this.model, plain);
    this.chosen = chosen;
    return this.own;
  }

  drawMap(own) {
    drawHeatmap(this.fig, {
      columns: own.columns.map(({label}) => label), rows: writtenLabels(own),
      weights: weightRows(own), row: null, pick: (r, c) => this.pick(own, r, c),
    }, {label: mapLabel(own, 0), legend: false, room: 240});
  }

  // The arithmetic of a cell is that of the model above, so it must be the same model, unchanged.
  pick(own, r, c) {
    const {session, state} = this.page;
    const same = session.model === this.model && listChanges(session, state).length === 0;
    return same ? {array: "weight", at: r, j: own.columns[c].s} : null;
  }

  // The probability of each written token as a small bar: where is the model unsure?
  drawSure(own) {
    const shares = sureOf(own), labels = writtenLabels(own), least = Math.min(...shares);
    this.sure.setAttribute("aria-label", `${say("surePer")}: ${shownPercent(least)}`);
    clear(this.sure, ...shares.map((share, k) => {
      const title = `${labels[k]} ${shownPercent(share)}`;
      const bar = element("span", {class: "sure-bar", title});
      bar.style.setProperty("--share", share);
      return bar;
    }));
  }
}

function tooLongValues({model, read}) {
  return {count: read.ids.length, longest: model.longestSource, most: longestRead(model)};
}

// What a screen reader says of a heatmap.
function mapLabel(session, k) {
  const weights = weightRows(session);
  if (!weights) return say("mapLabelNone");
  const best = argmax(weights[k]);
  return say("mapLabel", {
    rows: session.T, columns: session.columns.length, t: k + 1,
    token: session.columns[best].label, weight: shownPercent(weights[k][best]),
  });
}
