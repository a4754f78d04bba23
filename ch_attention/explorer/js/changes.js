// The line that says what the reader has changed, each change with a button that takes it back.

function drawChanges(host, session, page) {
  const changes = listChanges(session, page.state), held = host.contains(document.activeElement);
  const [label, chips] = keepChildren(host, 2, () => element("span"));
  update(label, {class: "label"}, ...tell("changed"));
  chips.className = "chips";
  host.hidden = changes.length === 0;
  const again = byId("answer-again"); // the answer itself may be far above
  again.hidden = host.hidden || !session.path;
  if (!again.hidden) clear(again, shownText(stepTokens(session), session.model) || say("nothing"));
  const make = () => element("button", {type: "button"});
  const buttons = keepChildren(chips, changes.length && changes.length + 1, make);
  changes.forEach(([text, undo], k) => update(buttons[k], {
    class: "chip", "aria-label": say("undo", {what: text}), click: () => page.change(undo),
  }, text, element("span", {"aria-hidden": "true"}, " \u00d7")));
  if (changes.length) {
    update(buttons[changes.length], {class: "chip reset", "aria-label": null,
                                     click: () => page.reset()}, ...tell("reset"));
  }
  if (held && host.hidden) byId("step").focus(); // nothing is left to be undone
}

// [text, what takes it back]
function listChanges({model, T, changes: made = {}}, state) {
  const changes = [];
  const add = (key, values, undo) => changes.push([say(key, values), undo]);
  const without = (pairs, t) => Object.fromEntries(Object.entries(pairs).filter(([k]) => k !== t));
  for (const [t, id] of Object.entries(forcedIds(model, state))) {
    if (t >= T) continue; // of a longer answer
    const token = shownToken(model.targetSymbols[id]);
    add("changedPut", {t: Number(t) + 1, token}, {forced: without(state.forced, t)});
  }
  if (state.zero === "all") add("changedZeroAll", {}, {zero: []});
  else for (const t of state.zero) {
    if (!made[t]?.context || t >= T) continue;
    add("changedZero", {t: t + 1}, {zero: state.zero.filter((k) => k !== t)});
  }
  for (const t of Object.keys(state.weights)) {
    if (!made[t]?.weights || t >= T) continue; // of another sentence
    add("changedWeights", {t: Number(t) + 1}, {weights: without(state.weights, t)});
  }
  const tau = shownNumber(state.temperature);
  if (state.temperature !== 1) add("changedTemperature", {tau}, {temperature: 1});
  if (state.padding) add("changedPadding", {count: state.padding}, {padding: 0, weights: {}});
  if (!state.mask && model.attends) add("changedMask", {}, {mask: true});
  if (state.way === "sample") add("changedSample", {seed: state.seed}, {way: "greedy"});
  if (state.way === "beam") add("changedBeam", {width: state.width}, {way: "greedy", pick: 0});
  return changes;
}

function stepTokens({model, path}) {
  return model.target.symbolsOf(path.map(({next}) => next));
}
