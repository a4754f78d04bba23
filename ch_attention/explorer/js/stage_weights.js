// The stage of the weights: rectangles that can be dragged, and below them, folded, the temperature,
// sliders for the weights, padding and the mask. And the choice of a context of zero.

function weightsStage(page) {
  const stage = new Stage("weights", page), fig = stage.figure("weights");
  let at = null; // what was drawn last: {session, k}
  let moved = null; // the last move: {column, weights before it, made of them}
  const move = (column, weight) => {
    const {session, k} = at;
    if (page.state.way === "beam") return;
    // A weight that is moved on shares as it did at first: from 1 the others come back as they were.
    const on = moved && moved.column === column && moved.made === page.state.weights[k];
    const weights = on ? moved.weights : session.path[k].r.trace.weights;
    const made = withWeight(weights, session.columns[column].s, weight);
    moved = {column, weights, made};
    page.change({weights: {...page.state.weights, [k]: made}});
  };
  const look = new Look(fig, move);
  const temperature = temperatureFold(stage, page), sliders = sliderFold(stage, move);
  const mask = maskFold(stage, page);
  const draw = (session, {k}, state) => {
    at = {session, k};
    const {columns, changes} = session, shares = sharesOf(session, k);
    stage.write("weights", "weightsText");
    const labels = columns.map(({label}) => label), best = argmax(shares);
    const values = {t: k + 1, token: labels[best], value: shownPercent(shares[best])};
    look.draw({
      labels, weights: shares, written: writtenLabels(session), t: k,
      own: changes[k]?.weights !== undefined, label: say("weightsLabel", values),
      pick: (c) => ({array: "weight", at: k, j: columns[c].s}),
    });
    temperature(state);
    sliders(columns, shares, state);
    mask(state, session.model.config);
  };
  return {stage, draw};
}

function temperatureFold(stage, page) {
  const fold = stage.fold("temperature");
  // From 1/8 to 8, with 1 in the middle: the slider goes by powers of two.
  const change = () => page.change({temperature: +(2 ** Number(slider.value)).toFixed(3)});
  const slider = element("input", {type: "range", min: -3, max: 3, step: 0.25, id: "temperature",
                                   input: change});
  fold.body.append(slider);
  return (state) => {
    clear(fold.text, ...tell("temperatureText", {tau: shownNumber(state.temperature)}));
    slider.setAttribute("aria-label", say("temperatureName"));
    slider.setAttribute("aria-valuetext", shownNumber(state.temperature));
    keepValue(slider, Math.log2(state.temperature));
  };
}

// A control that the reader is moving at the moment is left alone.
function keepValue(control, value) {
  const held = document.activeElement === control;
  if (!held || Math.abs(Number(control.value) - value) > 1e-3) control.value = value;
}

function sliderFold(stage, move) {
  const fold = stage.fold("byHandTitle"), list = element("div", {class: "sliders"});
  fold.body.append(list);
  let drawn = "";
  return (columns, shares, {way}) => {
    if (!fold.open) return;
    clear(fold.text, ...tell(way === "beam" ? "notInBeam" : "byHandText"));
    const labels = columns.map(({label}) => label).join("\n") + document.documentElement.lang;
    if (labels !== drawn) clear(list, ...columns.map((column, k) => weightSlider(column, k, move)));
    drawn = labels;
    [...list.children].forEach((line, k) => {
      const slider = line.querySelector("input");
      slider.disabled = way === "beam";
      keepValue(slider, shares[k]);
      line.querySelector("output").textContent = shownNumber(shares[k]);
    });
  };
}

function weightSlider({label, s}, k, move) {
  const name = say("byHandOne", {token: label, s: s + 1});
  const slider = element("input", {type: "range", min: 0, max: 1, step: 0.01, "aria-label": name,
                                   input: () => move(k, Number(slider.value))});
  return element("label", {}, element("span", {class: "token"}, label), slider, element("output"));
}

function maskFold(stage, page) {
  const fold = stage.fold("maskTitle");
  const fill = () => page.change({padding: Number(padding.value), weights: {}});
  const padding = element("input", {type: "range", min: 0, max: 8, step: 1, input: fill});
  const count = element("output");
  const keep = () => page.change({mask: mask.checked});
  const mask = element("input", {type: "checkbox", change: keep});
  fold.body.append(
    element("label", {class: "line"}, element("span", {"data-text": "paddingName"}), padding,
            count),
    element("label", {class: "line"}, mask, element("span", {"data-text": "maskName"})));
  return (state, {bidirectional}) => {
    clear(fold.text, ...tell(bidirectional ? "maskText_both" : "maskText"));
    padding.value = state.padding;
    count.textContent = state.padding;
    mask.checked = state.mask;
  };
}

function isZeroed({zero}, k) {
  return zero === "all" || zero.includes(k);
}

// Three buttons: the context as it is, zero at this step, zero at every step.
function zeroChoices(fold, page) {
  const group = element("div", {class: "choices", role: "group"});
  fold.body.append(group);
  return (state, k) => {
    const beaming = state.way === "beam";
    clear(fold.text, ...tell("zeroText"), ...(beaming ? [" ", ...tell("notInBeam")] : []));
    const here = state.zero !== "all" && state.zero.includes(k);
    const others = state.zero === "all" ? [] : state.zero.filter((t) => t !== k);
    const withThis = [...others, k].sort((a, b) => a - b);
    setButtons(group, [
      ["zeroNone", state.zero !== "all" && !here, () => page.change({zero: others})],
      ["zeroHere", here, () => page.change({zero: withThis}), beaming],
      ["zeroAll", state.zero === "all", () => page.change({zero: "all"})]]);
    group.setAttribute("aria-label", say("zeroTitle"));
  };
}

// Buttons of which one is pressed: [key, pressed, act, disabled?] each.
function setButtons(group, buttons) {
  const nodes = keepChildren(group, buttons.length, () =>
    element("button", {type: "button", class: "choice"}));
  buttons.forEach(([key, pressed, act, disabled = false], k) => {
    update(nodes[k], {"aria-pressed": String(pressed), click: act}, say(key));
    nodes[k].disabled = disabled;
  });
}
