// The stages of a step, from the encoder to the next token: what each of them shows. A stage is a
// function that builds it once and returns how it is drawn: draw(session, place, state).

const STAGES_OF = {
  seq2seq: ["encoder", "state", "nextToken"],
  peeky: ["encoder", "state", "beside", "nextToken"],
  cho: ["encoder", "state", "beside", "nextToken"],
  attention: ["encoder", "state", "scores", "weights", "mixture", "beside", "nextToken"],
  luong: ["encoder", "state", "scores", "weights", "mixture", "beside", "nextToken"],
  bahdanau: ["encoder", "scores", "weights", "mixture", "state", "beside", "nextToken"],
};

const STAGES = {encoder: encoderStage, state: stateStage, scores: scoresStage, weights: weightsStage,
                mixture: mixtureStage, beside: besideStage, nextToken: nextStage};

function encoderStage(page) {
  const stage = new Stage("encoder", page), fig = stage.figure("encoder");
  const now = element("p", {class: "text now", "aria-live": "off"});
  stage.body.append(now);
  const inside = stage.fold("inside"), gates = stage.figure("encoder-cell", inside.body);
  const draw = (session, place) => {
    const {model} = session, {H, bidirectional} = model.config;
    const order = bidirectional ? "orderBoth" : model.reverse ? "orderBack" : "orderOn";
    stage.write("encoder", "encoderText", {size: H, order: phrase(order)});
    const reading = place.phase === "read", last = reading ? place.k : session.S - 1;
    const height = session.S > 18 ? 10 : session.S > 9 ? 13 : 18;
    drawStrips(fig, encoderStrips(session, place), {
      height, gap: 2, breakable: false, label: stripLabel("encoder", last + 1, H),
    });
    const values = {token: labelsByReading(session)[last], s: last + 1};
    const key = reading ? (bidirectional ? "encoderNow_both" : "encoderNow") : keptKey(model);
    clear(now, ...tell(key, values));
    if (inside.open) drawInside(session, inside, gates, last);
  };
  return {stage, draw};
}

// The key of the text that says what becomes of the states.
function keptKey({kind, attends, config}) {
  if (`encoderKept_${kind}` in TEXTS) return `encoderKept_${kind}`;
  return `encoderKept_${attends ? "attends" : "plain"}${config.bidirectional ? "_both" : ""}`;
}

// What a screen reader says of strips.
function stripLabel(key, count, size) {
  return say(count === 1 ? "stripLabelOne" : "stripLabel", {name: say(key), count, size});
}

function drawInside(session, inside, fig, s) {
  const {config} = session.model, top = config.layers > 1 ? " " + say("insideTop", config) : "";
  clear(inside.text, ...tell("insideText"), top);
  drawStrips(fig, readingStrips(session, s), {label: say("inside")});
}

function stateStage(page) {
  const stage = new Stage("state", page), fig = stage.figure("decoder-state");
  const inside = stage.fold("inside"), gates = stage.figure("decoder-cell", inside.body);
  const draw = (session, {k}) => {
    const {model, path} = session, {trace} = path[k].r, strips = stateStrips(session, k);
    stage.write("state", stateTextKey(model), {t: k + 1, read: tokenRead(session, k)});
    const label = stripLabel("state", strips.length, model.config.H);
    drawStrips(fig, strips, {height: 22, gap: 6, label});
    if (!inside.open) return;
    clear(inside.text, ...tell("insideText"));
    drawStrips(gates, gateStrips(trace.gates, trace.memory, "gate", k), {label: say("inside")});
  };
  return {stage, draw};
}

function stateTextKey({kind, config}) {
  return config.feeding === "off" ? "stateText" : textFor("stateText", kind);
}

// What the decoder reads at a step: what was written before it, at first the sign to begin.
function tokenRead({model, path}, k) {
  return phrase(k ? "readLast" : "readFirst", {token: shownToken(model.targetSymbols[path[k].id])});
}

function scoresStage(page) {
  const stage = new Stage("scores", page), fig = stage.figure("scores");
  const draw = (session, {k}) => {
    const {model, columns} = session, scores = scoresOf(session, k);
    stage.write("scores", textFor("scoresText", model.kind), {t: k + 1});
    const best = argmax(scores.map((score) => score ?? -Infinity));
    const values = {count: columns.length, token: columns[best].label,
                    value: shownNumber(scores[best] ?? 0)};
    drawScores(fig, {
      labels: columns.map(({label}) => label), scores, label: say("scoresLabel", values),
      pick: (c) => ({array: "score", at: k, j: columns[c].s}),
    });
  };
  return {stage, draw};
}

function mixtureStage(page) {
  const stage = new Stage("mixture", page), fig = stage.figure("mixture");
  const zero = stage.fold("zeroTitle"), choices = zeroChoices(zero, page);
  const draw = (session, {k}, state) => {
    const {c} = session.path[k].r.trace, parts = mixtureOf(session, k);
    stage.write("mixture", "mixtureText");
    const best = parts[argmax(parts.map(({weight}) => weight))];
    const values = {size: c.length, count: parts.length, token: best.label,
                    value: shownPercent(best.weight)};
    drawMixture(fig, {
      parts, c, zeroed: isZeroed(state, k), label: say("mixtureLabel", values),
      pick: (j) => ({array: "c", at: k, j}),
      pickPart: (part, j) => ({array: "hs", at: parts[part].s, j}),
    });
    choices(state, k);
  };
  return {stage, draw};
}

function besideStage(page) {
  const stage = new Stage("beside", page), fig = stage.figure("side-by-side");
  const zero = stage.fold("zeroTitle"), choices = zeroChoices(zero, page);
  const draw = (session, {k}, state) => {
    const {model} = session, strips = besideStrips(session, k), [{parts, values, scale}] = strips;
    stage.write("beside", textFor("besideText", model.kind));
    zero.details.hidden = model.attends; // there the weighted sum has it
    const label = stripLabel("beside", strips.length, values.length);
    const left = 24 + 26 * parts.length + (scale > 1 ? 28 : 0);
    drawStrips(fig, strips, {height: 22, left, label});
    choices(state, k);
  };
  return {stage, draw};
}

function nextStage(page) {
  const stage = new Stage("nextToken", page);
  const row = element("div", {class: "next-row"});
  stage.body.append(row);
  const fig = stage.figure("next-token", row);
  const buttons = element("div", {class: "next-buttons", role: "group"});
  row.append(buttons);
  const draw = (session, {k}, state) => {
    const said = k in session.forced ? "nextForced"
      : {greedy: "nextBest", sample: "sampleText", beam: "nextBeam"}[state.way];
    stage.write("nextToken", "nextText", {said: phrase(said)});
    const rows = nextOf(session, k), {best} = session.path[k];
    const list = rows.map(({token, share}) => `${token} ${shownPercent(share)}`).join(", ");
    drawNext(fig, {rows, pick: (r) => ({array: "prob", at: k, j: rows[r].id}),
                   label: say("nextLabel", {list})});
    buttons.setAttribute("aria-label", say("nextChoose"));
    const make = () => element("button", {type: "button", class: "write"});
    keepChildren(buttons, rows.length, make).forEach((button, r) => {
      const {id, token, chosen} = rows[r];
      update(button, {
        "aria-pressed": String(chosen), "aria-label": say("nextWrite", {token}),
        click: () => page.write(k, id, best),
      }, chosen ? say("nextIt") : say("nextWrite", {token: ""}).trim());
    });
  };
  return {stage, draw};
}
