// Two scales of colours, both safe for the colour-blind. Weights go from dark blue to yellow, as in
// the pictures of the chapters (viridis); numbers with a sign from blue over nothing to orange.

const VIRIDIS = [
  [68, 1, 84], [72, 36, 117], [65, 68, 135], [53, 95, 141], [42, 120, 142], [33, 145, 140],
  [34, 168, 132], [68, 191, 112], [122, 209, 81], [189, 223, 38], [253, 231, 37],
];
const SIGNED = {
  light: [[8, 69, 148], [66, 132, 198], [166, 203, 230], [243, 241, 236], [253, 201, 146],
          [236, 126, 32], [150, 62, 2]],
  dark: [[148, 205, 255], [66, 146, 220], [32, 82, 138], [38, 41, 48], [142, 74, 20],
         [232, 130, 40], [255, 205, 150]],
};
const LEVELS = 48; // steps of a scale: more could not be told apart

// level 0 to LEVELS of a share from 0 to 1, or of a number from -1 to 1
function shareLevel(share) {
  return Math.round(LEVELS * Math.min(1, Math.max(0, share)));
}

function signedLevel(value, largest = 1) {
  return Math.round(LEVELS / 2 * (1 + Math.min(1, Math.max(-1, value / largest))));
}

function shareColour(level) {
  return between(VIRIDIS, level / LEVELS);
}

function signedColour(level) {
  return between(SIGNED[isDark() ? "dark" : "light"], level / LEVELS);
}

function between(colours, place) {
  const k = Math.min(colours.length - 2, Math.floor(place * (colours.length - 1)));
  const rest = place * (colours.length - 1) - k;
  const mixed = colours[k].map((start, i) =>
    Math.round(start + rest * (colours[k + 1][i] - start)));
  return `rgb(${mixed.join(",")})`;
}

const darkIsPreferred = matchMedia("(prefers-color-scheme: dark)");
let theme = "";

// "dark", "light", or "" for what the reader's system prefers
function useTheme(chosen) {
  theme = chosen;
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

function isDark() {
  return theme ? theme === "dark" : darkIsPreferred.matches;
}
