// The film of a training: one sentence's heatmap at several moments, with a slider over it.

const FILM_PACE = 700; // milliseconds of a frame when it plays

class FilmPanel {
  constructor(page) {
    this.page = page;
    this.stage = new Stage("film", page, true);
    this.caption = element("p", {class: "film-caption"});
    this.slider = element("input", {type: "range", min: 0, step: 1, class: "timeline plain",
                                    input: () => page.change({frame: Number(this.slider.value)})});
    this.player = new Player(FILM_PACE, () => this.begin(), () => this.step());
    this.line = element("div", {class: "line film-line"}, this.player.button, this.slider);
    this.stage.body.append(this.line, this.caption);
    this.fig = this.stage.figure("film");
  }

  draw(session) {
    const {film} = session.model.stored;
    this.stage.write("filmTitle", film ? "filmText" : "filmNone",
                     {source: film && shownText(film.source, session.model)});
    for (const part of [this.line, this.caption, this.fig.frame]) part.hidden = !film;
    if (!this.stage.details.open || !film) return this.stop();
    const {k, last, frame} = this.moment;
    this.slider.max = last;
    this.slider.value = k;
    this.slider.setAttribute("aria-label", say("filmMoment"));
    const caption = [...captionOf(frame)].map((symbol) =>
      (symbol === " " ? symbol : shownToken(symbol))).join("");
    this.slider.setAttribute("aria-valuetext", caption);
    this.caption.textContent = caption;
    drawHeatmap(this.fig, {
      columns: film.source.map(shownToken), rows: frame.labels.map(shownToken),
      weights: frame.weights, row: null, pick: () => null,
    }, {label: say("filmLabel", {caption}), room: 420});
  }

  get moment() {
    const {state, model} = this.page;
    return frameOf(model.stored.film ?? {frames: []}, state.frame);
  }

  begin() {
    const {k, last} = this.moment;
    if (k >= last) this.page.change({frame: 0});
  }

  step() {
    const {k, last} = this.moment;
    if (k < last) this.page.change({frame: k + 1});
    return k + 1 < last;
  }

  stop() {
    this.player.stop();
  }
}

// A caption of common/tools/attention_film.py in the language of the page, any other as it is.
function captionOf({caption}) {
  const [, when, answer] = caption.match(/^(untrained|after [\d.]+ epochs): (.*)$/s) ?? [];
  if (!when) return caption;
  const [, epochs] = when.split(" ");
  const values = {epochs, answer: answer === "(nothing)" ? say("nothing") : answer};
  return say(epochs ? "filmAfter" : "filmUntrained", values);
}
