// The page: what was chosen, what follows from it, and who draws it.

class Page {
  constructor(data) {
    this.data = data;
    this.models = data.models.map(makeModel);
    nameModels(this.models);
    findBase(data.home);
    this.state = readAddress(location.hash);
    this.shown = null; // the last session that could be drawn
    this.touchedIn = null; // the figure of the touched cell
    this.queue = new Queue();
    this.touch = (address) => this.change({touched: address}, {quiet: true});
    this.build();
    addEventListener("hashchange", () => this.arrive());
    darkIsPreferred.addEventListener("change", () => this.redraw());
    this.watchWidth();
  }

  build() {
    this.ask = new AskPanel(this);
    this.transport = new Transport(byId("transport"), (at) => this.go(at));
    this.map = new Figure(byId("map"), "heatmap", this, (address) => this.touchMap(address));
    this.inspector = new Inspector(byId("inspector"), this);
    this.panels = [new WayPanel(this), new TeacherPanel(this), new ComparePanel(this, this.models),
                   new FilmPanel(this)];
    byId("more").append(...this.panels.map(({stage}) => stage.details));
    makeJumps(byId("jumps"), this.panels);
    byId("skip").addEventListener("click",
                                  (event) => { event.preventDefault(); byId("sentence").focus(); });
    byId("theme").addEventListener("click",
                                   () => this.change({theme: isDark() ? "light" : "dark"}));
    const other = {en: "ko", ko: "en"};
    byId("language").addEventListener("click",
                                      () => this.change({language: other[this.state.language]}));
    // A link leads behind the heatmap where that stays at the top.
    new ResizeObserver(([{target}]) => {
      const stays = view.width < NARROW && view.height >= LOW;
      document.documentElement.style.scrollPaddingTop = stays ? `${target.offsetHeight + 8}px` : "";
    }).observe(document.querySelector(".view-map"));
    const chosen = () => this.models.find(({key}) => key === byId("model").value);
    byId("model").addEventListener("change", () => this.useModel(chosen()));
    clear(byId("model"), ...this.models.map(({key, title}) =>
      element("option", {value: key}, title)));
    byId("model-line").hidden = this.models.length === 1;
    this.arrive();
  }

  // The address was typed, or somebody followed a link.
  arrive() {
    const {language, theme} = this.state; // the reader's own, unless the address has others
    this.state = readAddress(location.hash, {language, theme});
    this.arrived = true; // scroll to what it is about as soon as that is drawn
    this.draw();
    unfoldSubjects(this.state);
  }

  get model() {
    return this.models.find(({key}) => key === this.state.model) ?? this.models[0];
  }

  // Every change of the reader goes through here. quiet: nothing has to be computed anew.
  change(changes, {quiet = false} = {}) {
    Object.assign(this.state, changes);
    this.arrived = false;
    if (quiet) this.drawInspector();
    else this.draw();
    this.writeAddressSoon();
  }

  // Browsers refuse an address that is changed too often.
  writeAddressSoon() {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => history.replaceState(null, "", writeAddress(this.state)), 200);
  }

  // Another sentence: what was changed at single steps of the old one means nothing any more.
  type(sentence) {
    this.change({sentence, forced: {}, weights: {}, zero: this.state.zero === "all" ? "all" : [],
                 pick: 0});
  }

  useModel(model) {
    const sentence = model.read(this.session.sentence).unknown.length ? null : this.state.sentence;
    this.change({model: model.key, sentence, forced: {}, weights: {}, touched: null, frame: null,
                 pick: 0});
  }

  go(at) {
    const {touched} = this.state;
    // The touched cell goes along to the same place of the other step.
    const moved = touched && phaseOf(touched.array) === at.phase ? {...touched, at: at.k} : touched;
    this.change({at, touched: moved});
  }

  touchMap(address) {
    const touched = this.session.model.attends ? address : this.state.touched;
    this.change({at: {phase: "write", k: address.at}, touched});
  }

  // Have step t write this token, or what it would have written if it is that.
  write(t, id, best) {
    const before = Object.entries(this.state.forced).filter(([k]) => Number(k) < t);
    const forced = Object.fromEntries(before);
    if (id !== best) forced[t] = this.model.targetSymbols[id];
    const way = this.state.way === "beam" ? "greedy" : this.state.way;
    this.change({forced, way, at: {phase: "write", k: t}});
  }

  reset() {
    const {forced, zero, weights, temperature, padding, mask, way} = freshState();
    this.change({forced, zero, weights, temperature, padding, mask, way});
  }

  draw() {
    const chosen = JSON.stringify([this.model.key, ...COMPUTED.map((key) => this.state[key])]);
    if (chosen !== this.chosen) this.session = makeSession(this.model, this.state);
    this.chosen = chosen;
    this.redraw();
  }

  // Draw what is computed already: a stage was unfolded, or the window has another width.
  redraw() {
    const {session, state} = this;
    if (!session) return;
    useLanguage(state.language);
    this.drawFrame();
    this.ask.draw(session);
    drawChanges(byId("changes"), session, this);
    this.drawReadable();
    clearTimeout(this.later);
    if (!this.shown) return;
    const place = placeIn(this.shown, state.at);
    // The answer and the heatmap can be seen before the rest is drawn: one does not wait for one's
    // next letter.
    if (session.path) {
      this.drawMap(place);
      this.transport.draw(session, place);
    }
    this.queue.start([...this.stagePieces(place), () => this.drawInspector()]);
    this.later = setTimeout(() => this.drawPanels(), 200);
  }

  // While a text cannot be read, a word that is half typed above all, what was drawn last stays,
  // pale, and nobody can touch it.
  drawReadable() {
    const {session} = this, readable = session.path !== null;
    document.body.classList.toggle("unreadable", !readable);
    if (readable) this.shown = session;
    else for (const one of [this.transport, ...this.panels]) one.stop?.();
    byId("columns").hidden = !this.shown;
    byId("columns").inert = !readable;
  }

  drawPanels() {
    const pieces = this.panels.map((panel) => () => panel.draw(this.shown, this.state));
    if (this.arrived) pieces.push(() => scrollToSubject(this.state));
    this.arrived = false;
    this.queue.start([...this.queue.pieces, ...pieces]);
  }

  drawMap({phase, k}) {
    const session = this.shown, reading = phase === "read", narrow = view.width < NARROW;
    drawHeatmap(this.map, {
      columns: session.columns.map(({label}) => label), rows: writtenLabels(session),
      weights: weightRows(session),
      row: reading ? null : k, column: reading ? session.columns.findIndex(({s}) => s === k) : null,
      pick: (r, c) => ({array: "weight", at: r, j: session.columns[c].s}),
    }, {label: mapLabel(session, reading ? 0 : k), legend: !narrow, most: narrow ? 8 : 14,
        room: view.height * (narrow ? 0.24 : 0.36)});
  }

  // What draws the stages: those that can be seen come first.
  stagePieces(place) {
    const {kind} = this.shown.model;
    if (this.kind !== kind) this.buildStages(kind);
    const reading = place.phase === "read";
    byId("waiting").hidden = !reading;
    for (const {stage} of this.stages) stage.details.hidden = reading && stage.key !== "encoder";
    const inView = ({stage}) => stage.inView;
    const pieces = this.stages.filter(({stage}) => !stage.details.hidden);
    return [...pieces.filter(inView), ...pieces.filter((one) => !inView(one))].map((one) => () => {
      if (one.stage.details.open) one.draw(this.shown, place, this.state);
      else clear(one.stage.heading, ...tell(one.stage.key));
    });
  }

  buildStages(kind) {
    this.kind = kind;
    this.touchedIn = null;
    this.inspector.goHome();
    this.stages = STAGES_OF[kind].map((key) => STAGES[key](this));
    clear(byId("stages"), ...this.stages.map(({stage}) => stage.details));
    this.stages.forEach(({stage}, k) => { stage.number.textContent = k + 1; });
    this.tellAll(byId("stages"));
    unfoldSubjects(this.state);
  }

  drawInspector() {
    this.inspector.draw(this.shown, this.state.touched);
  }

  // All texts that depend on nothing but the language.
  drawFrame() {
    const {theme, language} = this.state;
    useTheme(theme);
    clear(byId("theme"), ...tell(isDark() ? "light" : "dark"));
    byId("model").value = this.model.key;
    if (this.told === language) return;
    this.told = language;
    document.title = say("title");
    this.tellAll(document);
  }

  tellAll(host) {
    for (const node of host.querySelectorAll("[data-text]")) {
      clear(node, ...tell(node.dataset.text, this.data));
    }
    for (const node of host.querySelectorAll("[data-label]")) {
      node.setAttribute("aria-label", say(node.dataset.label));
      node.title = say(node.dataset.label);
    }
  }

  watchWidth() {
    let {width} = view;
    addEventListener("resize", () => {
      if (view.width === width) return; // a phone's address bar comes and goes
      ({width} = view);
      this.redraw();
    });
  }
}

// Is an array made while the model reads, or while it writes?
function phaseOf(array) {
  return /^(x|hs|read\..*)$/.test(array) ? "read" : "write";
}

// A short name for each model, and one that can stand in an address.
function nameModels(models) {
  const taken = new Set();
  for (const model of models) {
    const stem = wellFormed(model.stored.folder ?? model.kind) || model.kind;
    let key = stem;
    for (let n = 2; taken.has(key); n++) key = `${stem}-${n}`;
    taken.add(key);
    model.key = key;
    model.title = model.name.split(":")[0];
  }
  for (const model of models) {
    const same = models.filter(({name}) => name.split(":")[0] === model.title);
    if (same.length > 1) model.title += ` (${model.key})`;
  }
}

try {
  new Page(JSON.parse(byId("data").textContent));
} catch (error) {
  byId("problem").textContent = say("failed", {error: error.message});
  throw error;
}
