// A button that plays: while it does, a step is taken every so many milliseconds.

class Player {
  // begin(): before the first step; step(): take one -> is there another one after it?
  constructor(pace, begin, step) {
    Object.assign(this, {pace, begin, step, timer: null});
    this.button = element("button", {type: "button", class: "round", click: () => this.toggle()});
    this.show();
  }

  toggle() {
    if (this.timer) return this.stop();
    this.begin();
    this.timer = setInterval(() => { if (!this.step()) this.stop(); }, this.pace);
    this.show();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.show();
  }

  show() {
    const key = this.timer ? "pause" : "play";
    this.button.textContent = this.timer ? "\u275a\u275a" : "\u25b6";
    this.button.dataset.label = key;
    this.button.setAttribute("aria-label", say(key));
    this.button.title = say(key);
  }
}
