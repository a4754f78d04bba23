// The ways down to what stands below the stages: a row of buttons under the answer, and the part of
// the page that an address is about.

function makeJumps(host, panels) {
  const names = ["jumpWay", "jumpTeacher", "jumpCompare", "jumpFilm"];
  clear(host, ...panels.map(({stage}, k) => element("button", {
    type: "button", class: "quiet jump", "data-text": names[k],
    click: () => {
      stage.details.open = true;
      stage.details.scrollIntoView();
      stage.details.querySelector("summary").focus({preventScroll: true});
    },
  })));
}

// What an address is about, each part of it with the element to which the page scrolls.
const SUBJECTS = [
  [({way}) => way !== "greedy", "#stage-way"],
  [({right}) => right !== "", "#stage-teacher"],
  [({frame}) => frame !== null, "#stage-film"],
  [({zero}) => zero.length > 0, ".fold-zeroTitle"],
  [({padding, mask}) => padding > 0 || !mask, ".fold-maskTitle"],
  [({temperature}) => temperature !== 1, ".fold-temperature"],
];

// What a link is about must not be folded away.
function unfoldSubjects(state) {
  const open = (selector) =>
    document.querySelectorAll(selector).forEach((part) => { part.open = true; });
  for (const [is, selector] of SUBJECTS) if (is(state)) open(selector);
  const {array} = state.touched ?? {array: ""};
  if (array.startsWith("gate.")) open("#stage-state .fold-inside");
  if (/^(x$|read\.)/.test(array)) open("#stage-encoder .fold-inside");
}

// Scroll to what a link is about; where it is about no more than a step, the page stays at its top.
function scrollToSubject(state) {
  const [, selector] = SUBJECTS.find(([is]) => is(state)) ?? [];
  const shown = [...document.querySelectorAll(selector ?? "#none")].find((part) =>
    part.getClientRects().length);
  shown?.scrollIntoView();
}
