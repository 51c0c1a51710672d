// What is on the screen: one part of the page at a time, in one of two languages.

const LANGUAGES = { "zh-CN": "en", en: "zh-CN" };
const root = document.documentElement;

export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** Show one screen and let the reader begin at its heading. */
export function show(name) {
  all("main > section").forEach((section) => { section.hidden = section.id !== name; });
  document.body.dataset.screen = name;
  window.scrollTo(0, 0);
  const heading = one(`#${name} h1`);
  if (heading) heading.focus({ preventScroll: true });
}

/** Of the parts that stand for the states of something, show the one for `state`. */
export function tell(name, state) {
  all(`[data-tell="${name}"] > [data-is]`).forEach((part) => {
    part.hidden = part.dataset.is !== state;
  });
}

/** Show a value wherever the page has a place for it. */
export function put(name, value) {
  all(`[data-put="${name}"]`).forEach((place) => { place.textContent = value; });
}

/** Put these nodes where others were. */
export function fill(place, nodes) {
  place.textContent = "";
  place.append(...nodes);
}

/** A text in both languages, of which the page shows one. */
export function both(chinese, english) {
  const texts = [["zh-CN", chinese], ["en", english]];
  return texts.map(([lang, text]) => Object.assign(document.createElement("span"),
    { lang, textContent: text }));
}

export function speak(language) {
  root.lang = language;
}

export function speakOther() {
  speak(LANGUAGES[root.lang]);
}

/** Calls `tick` with the seconds that are left, then `over`; `restart` and `stop` it. */
export class Countdown {
  constructor(seconds, tick, over) {
    Object.assign(this, { seconds, tick, over });
  }

  restart() {
    this.stop();
    this.left = this.seconds;
    this.tick(this.left);
    this.timer = setInterval(() => this.next(), 1000);
  }

  next() {
    this.left -= 1;
    this.tick(this.left);
    if (this.left > 0) return;
    this.stop();
    this.over();
  }

  stop() {
    clearInterval(this.timer);
  }
}
