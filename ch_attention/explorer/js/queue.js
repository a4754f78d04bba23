// Drawing that can wait, piece by piece, so that a key that is pressed meanwhile has to wait for a
// slice and the piece in which it ends at most.

const SLICE = 6; // milliseconds

class Queue {
  constructor() {
    this.pieces = [];
    this.frame = this.timer = null;
  }

  // What is still waiting is dropped: it would be drawn anew. Begins once the browser has painted.
  start(pieces) {
    this.stop();
    this.pieces = pieces;
    this.frame = requestAnimationFrame(() => this.wait());
    if (document.hidden) this.wait(); // a page in the background paints nothing
  }

  stop() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.pieces = [];
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.next(), 0);
  }

  next() {
    const end = performance.now() + SLICE;
    do this.pieces.shift()?.(); while (this.pieces.length && performance.now() < end);
    if (this.pieces.length) this.wait();
  }
}
