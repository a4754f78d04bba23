// The sentence that is typed, what is wrong with it, and the answer.

class AskPanel {
  constructor(page) {
    this.page = page;
    this.field = byId("sentence");
    this.mirror = byId("mirror");
    this.typing = false; // a word that is being typed is not complained about
    this.field.addEventListener("input", () => {
      this.typing = true;
      page.type(this.field.value);
    });
    for (const name of ["blur", "change"]) {
      this.field.addEventListener(name, () => {
        if (!this.typing) return;
        this.typing = false;
        this.complain(page.session);
      });
    }
    this.field.addEventListener("scroll",
                                () => { this.mirror.scrollLeft = this.field.scrollLeft; });
  }

  draw(session) {
    const {model, sentence} = session;
    if (this.field.value !== sentence) this.field.value = sentence;
    clear(byId("ask-label"), ...tell(askKey(model)));
    this.complain(session);
    this.drawExamples(session);
    this.drawAnswer(session);
  }

  complain(session) {
    const wrong = this.unknown(session).length > 0;
    this.drawMirror(session);
    clear(byId("problem"), ...this.problem(session));
    drawHint(byId("hint"), session.model, wrong);
    this.field.setAttribute("aria-invalid", String(wrong));
  }

  problem(session) {
    const {model, read, tooLong, sentence} = session;
    const tokens = (places) => listOf(places.map((k) => read.tokens[k]), model.tokens);
    const unknown = this.unknown(session), replaced = this.finished(session, read.replaced);
    if (!sentence.trim()) return tell("empty");
    if (unknown.length) return tell("unknown", {tokens: tokens(unknown)});
    if (tooLong) return tell("tooLong", tooLongValues(session));
    if (replaced.length) return tell("replaced", {tokens: tokens(replaced)});
    return read.ids.length > model.longestSource ? tell("longer", {longest: model.longestSource})
      : [];
  }

  unknown(session) {
    return this.finished(session, session.read.unknown);
  }

  // Of places of tokens those that are not being typed: the last word ends with a blank.
  finished({model, read, sentence}, places) {
    const open = this.typing && model.tokens === "words" && sentence.trimEnd() === sentence;
    return open ? places.filter((k) => k < read.tokens.length - 1) : places;
  }

  // The same text behind the field, with a mark under what the model does not know.
  drawMirror(session) {
    const {read, sentence} = session;
    const wrong = new Set(this.finished(session, [...read.unknown, ...read.replaced]));
    const parts = [];
    let from = 0;
    read.tokens.forEach((token, k) => {
      const start = sentence.indexOf(token, from);
      parts.push(sentence.slice(from, start), wrong.has(k) ? element("mark", {}, token) : token);
      from = start + token.length;
    });
    clear(this.mirror, ...parts, sentence.slice(from));
    requestAnimationFrame(() => { this.mirror.scrollLeft = this.field.scrollLeft; });
  }

  drawExamples({model, sentence}) {
    const host = byId("examples");
    host.setAttribute("aria-label", say("examples"));
    const {examples} = model.stored;
    const make = () => element("button", {type: "button", class: "example"});
    keepChildren(host, examples.length, make).forEach((button, k) => {
      const pressed = String(examples[k] === sentence);
      update(button, {"aria-pressed": pressed, click: () => this.page.type(examples[k])},
             examples[k]);
    });
  }

  drawAnswer(session) {
    const {path, model, forced} = session, {at} = this.page.state;
    clear(byId("answer-label"), ...tell("writes"));
    byId("spoken").textContent = path ? writtenText(session) : "";
    if (!path) return void clear(byId("answer"));
    const place = placeIn(session, at), host = byId("answer");
    host.querySelector(".cut")?.remove();
    const make = (k) => element("button", {type: "button", "data-step": k});
    keepChildren(host, path.length, make).forEach((button, k) => {
      const {next} = path[k], token = shownToken(model.targetSymbols[next]);
      const current = place.phase === "write" && place.k === k;
      update(button, {
        class: `written${k in forced ? " put" : ""}${next === EOS ? " end" : ""}`,
        "aria-current": current ? "step" : null,
        "aria-label": say("writing", {token, k: k + 1, count: path.length}),
        click: () => this.page.go({phase: "write", k}),
      }, token);
    });
    if (path[path.length - 1].next !== EOS) {
      const cut = tell("cutShort", {most: path.length});
      host.append(element("span", {class: "text cut"}, ...cut));
    }
  }
}

function askKey({kind, tokens, stored}) {
  if (tokens === "words") return "typeWords";
  return stored.examples.some((example) => /\d{4}|\d\/\d/.test(example)) ? "typeCharacters"
    : "typeOther";
}

// Tokens as a list: words in quotes.
function listOf(tokens, kind) {
  const shown = [...new Set(tokens.map(shownToken))];
  return kind === "words" ? shown.map((word) => `\u201c${word}\u201d`).join(", ") : shown.join(" ");
}

// How the words of this vocabulary are written, where one was not known.
function drawHint(host, {tokens, source}, needed) {
  const words = [...source.ids.keys()];
  host.hidden = !needed || tokens !== "words";
  if (host.hidden) return;
  const cut = words.filter((word) => /^\p{L}+'$/u.test(word)).join(", ");
  const lower = words.every((word) => word === word.toLowerCase()) && !source.ids.has(".");
  clear(host, ...(lower ? tell("hintWords") : []), " ",
        ...(cut ? tell("hintCut", {list: cut}) : []));
}
