// One citizen after another: a face, three seconds to take it back, what else they say, thanks.

import { SESSION } from "./sending.js";
import { Countdown, all, both, fill, one, put, show, speak } from "./screens.js";
import { unique } from "./signing.js";

const CHANNEL = "tablet";
const [UNDO_S, THANKS_S, LAST_S] = [3, 4, 10];
const PHONE = /^\+?[0-9 -]{5,20}$/;
const ENGLISH = JSON.parse(document.body.dataset.english);
const ACTIVE = ["pointerdown", "keydown", "input"];

export class Asking {
  /** `idle_s` without a touch is enough to send what there is, and to begin anew. */
  constructor(outbox, idle_s, sent) {
    Object.assign(this, { outbox, sent, draft: null });
    this.undo = new Countdown(UNDO_S, (left) => put("undo", left), () => this.details());
    this.idle = new Countdown(idle_s, (left) => this.nearlyOver(left), () => this.leave());
    this.thanks = new Countdown(THANKS_S, () => {}, () => this.anew());
    this.listen();
  }

  listen() {
    all("[data-level]").forEach((face) => face.addEventListener("click", () => this.press(face)));
    one("#withdraw").addEventListener("click", () => this.withdraw());
    one("#form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.done();
    });
    one("#form").addEventListener("input", () => this.change());
    ACTIVE.forEach((kind) => document.addEventListener(kind, () => this.stir()));
  }

  /** Wait for the next citizen, whatever language the one before has read. */
  anew() {
    speak("zh-CN");
    this.begin();
  }

  /** Ask whoever is there. */
  begin() {
    [this.undo, this.idle, this.thanks].forEach((each) => each.stop());
    this.draft = null;
    one("#form").reset();
    one("#form").phone.removeAttribute("aria-invalid");
    one("#phone-says").hidden = true;
    show("ask");
  }

  /** Whether nobody is in the middle of anything. */
  get free() {
    return document.body.dataset.screen === "ask";
  }

  /** Somebody is there: what would happen by itself waits from now on. */
  stir() {
    if (this.draft && !one("#details").hidden) this.idle.restart();
    if (this.free) this.idle.restart();
  }

  async press(face) {
    if (this.draft) return;
    const level = Number(face.dataset.level);
    const press = { level, channel: CHANNEL, pressed_at: new Date().toISOString() };
    this.draft = { id: unique(), session: SESSION, ticks: performance.now(), press };
    this.idle.stop();
    this.showChosen(face);
    await this.safely(() => this.outbox.begin(this.draft));
    if (!this.draft) return;
    show("chosen");
    this.undo.restart();
  }

  showChosen(face) {
    all("[data-chosen]").forEach((place) => {
      fill(place, [...face.children].map((child) => child.cloneNode(true)));
    });
  }

  async withdraw() {
    this.undo.stop();
    const { id } = this.draft;
    await this.safely(() => this.outbox.withdraw(id));
    this.begin();
    this.stir();
  }

  async details() {
    const shown = await this.outbox.shown();
    if (!this.draft) return;
    const tags = shown ? shown.tags[this.draft.press.level] || [] : [];
    fill(one("#tags"), tags.map(tagBox));
    one("#tagset").hidden = !tags.length;
    show("details");
    this.idle.restart();
  }

  nearlyOver(left) {
    one("#nearly").hidden = left > LAST_S;
    put("idle", left);
  }

  /** Keep what has been said so far: the power may go. */
  change() {
    const { draft } = this;
    if (!draft) return;
    draft.press = { ...draft.press, ...said(one("#form")) };
    this.saving = this.safely(() => this.outbox.change(draft));
  }

  async done() {
    const { phone } = one("#form");
    const wrong = phone.value.trim() && !PHONE.test(phone.value.trim());
    phone.setAttribute("aria-invalid", Boolean(wrong));
    one("#phone-says").hidden = !wrong;
    if (wrong) phone.focus();
    else if (await this.finish()) {
      show("thanks");
      this.thanks.restart();
    }
  }

  /** Nobody is there any more. */
  async leave() {
    if (!this.draft || (await this.finish())) this.anew();
  }

  async finish() {
    this.idle.stop();
    const { id } = this.draft;
    await this.saving;
    const kept = await this.safely(() => this.outbox.finish(id));
    if (kept) this.sent();
    return kept;
  }

  /** Do what must be on disk before we go on; if it cannot be, say so instead of thanks. */
  async safely(work) {
    try {
      await work();
      return true;
    } catch (error) {
      console.error(error);
      [this.undo, this.idle].forEach((each) => each.stop());
      this.draft = null;
      show("broken");
      this.thanks.restart();
      return false;
    }
  }
}

/** What the form says, without what the services would refuse. */
function said(form) {
  const tags = all("input:checked", form).map((box) => box.value);
  const comment = whole(form.comment.value).trim();
  const phone = form.phone.value.trim();
  return {
    tags,
    comment: comment || undefined,
    phone: PHONE.test(phone) ? phone : undefined,
  };
}

/** A text that a limit of length may have cut in the middle of a character. */
const whole = (text) => new TextDecoder().decode(new TextEncoder().encode(text));

function tagBox({ code, label }) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", value: code });
  const choice = document.createElement("label");
  const words = document.createElement("span");
  words.append(...both(label, ENGLISH[label] || label));
  choice.append(box, words);
  return choice;
}
