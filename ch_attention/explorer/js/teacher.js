// Teacher-forced and free-running side by side: what each of the two decoders reads and writes.

class TeacherPanel {
  constructor(page) {
    this.stage = new Stage("teacher", page, false);
    this.field = element("input", {
      type: "text", class: "right-answer", id: "right", autocomplete: "off", spellcheck: "false",
      maxlength: 500, input: () => page.change({right: this.field.value}),
    });
    this.problem = element("p", {class: "text problem", role: "status"});
    this.host = element("div", {class: "scrolled", tabindex: "0", role: "region"});
    const name = element("span", {"data-text": "rightAnswer"});
    const label = element("label", {class: "line"}, name, this.field);
    this.stage.body.append(label, this.problem, this.host);
  }

  draw(session, state) {
    this.stage.write("teacherTitle", "teacherText");
    if (!this.stage.details.open) return;
    if (document.activeElement !== this.field) this.field.value = state.right;
    this.host.setAttribute("aria-label", say("teacherTitle"));
    const {model} = session, read = underTeacher(session, state.right);
    clear(this.problem, ...this.complain(model, state.right, read));
    clear(this.host, ...(read.steps ? [teacherTable(session, read.steps, read.ids)] : []));
  }

  complain(model, right, {unknown, tooLong, ids, most}) {
    const typed = model.target.split(right);
    const tokens = listOf(unknown.map((k) => typed[k]), model.tokens);
    if (unknown.length) return tell("rightUnknown", {tokens});
    const values = {count: ids.length - 2, longest: model.maxLength, most}; // <sos>, <eos>
    return tooLong ? tell("tooLong", values) : [];
  }
}

function teacherTable({model, path, forced: put}, forced, right) {
  const name = (id) => shownToken(model.targetSymbols[id]);
  const count = Math.max(path.length, forced.length), columns = [...Array(count).keys()];
  const line = (key, cell, steps) => element("tr", {},
    element("th", {scope: "row"}, ...tell(key)),
    ...columns.map((t) => (steps[t] && cell(steps[t])) ?? element("td")));
  const token = (id, wrong) => element("td", {class: wrong ? "token wrong" : "token"}, name(id));
  const own = () => element("span", {class: "share own"}, ...tell("forcedByYou"));
  const writes = (steps, {t, next, wrong}) => {
    const cell = token(next, wrong);
    if (t in put && steps === path) cell.append(own());
    return cell;
  };
  const rows = (steps, shown) => [
    line("reads", ({id, misread}) => token(id, misread), shown),
    line("writesRow", (one) => writes(steps, one), shown),
    line("pRight", ({share}) => (share === null ? null : chanceCell(share)), shown),
  ];
  const head = (key) => element("tr", {class: "part"},
    element("th", {scope: "rowgroup", colspan: count + 1}, ...tell(key)));
  const group = (key, steps) => element("tbody", {}, head(key), ...rows(steps, rightOf(steps, right)));
  return element("table", {class: "teacher"}, group("forcedRow", forced), group("freeRow", path));
}

// A probability as a number over a bar of its length.
function chanceCell(share) {
  const bar = element("span", {class: "chance"});
  bar.style.setProperty("--share", `${100 * share}%`);
  return element("td", {class: "share"}, bar, shownPercent(share).replace(" %", ""));
}
