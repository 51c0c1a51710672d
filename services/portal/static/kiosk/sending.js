// Sends what waits until it is confirmed, tells how the kiosk is, and asks what it has to show.

import { unique } from "./signing.js";

const AT_ONCE = 200;
const [SOONEST_MS, LATEST_MS] = [1000, 30000];
const ROUND_MS = 120000;
const VERSION = "haoping-page 1";

/** One run of this page; within it `performance.now()` never goes back. */
export const SESSION = unique();

export class Sending {
  /** `changed` is called with what the staff may want to know: {link, waiting, refused, told}. */
  constructor(outbox, line, changed) {
    Object.assign(this, { outbox, line, changed, failures: 0, due: 0, link: "unknown", told: null });
    window.addEventListener("online", () => this.all());
    window.addEventListener("offline", () => this.note("offline"));
  }

  /** Send at once, whatever was waited for. */
  soon() {
    this.failures = 0;
    return this.round();
  }

  /** The same, with everything that is else done every two minutes. */
  all() {
    this.due = 0;
    return this.soon();
  }

  /** One attempt at everything; the next one comes by itself, later after each failure. */
  async round() {
    clearTimeout(this.timer);
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      await this.attempt();
    } finally {
      this.busy = false;
      this.timer = setTimeout(() => this.round(), this.again ? 0 : this.pause());
      this.again = false;
    }
  }

  async attempt() {
    try {
      await this.flush();
      if (performance.now() >= this.due) await this.exchange();
      this.failures = 0;
      this.told = new Date();
      await this.note("online");
    } catch (error) {
      this.failures += 1;
      await this.note(error.status === 401 ? "unknown-key" : "offline");
    }
  }

  pause() {
    if (!this.failures) return ROUND_MS;
    const most = Math.min(LATEST_MS, SOONEST_MS * 2 ** Math.min(this.failures, 10));
    return most / 2 + (most / 2) * Math.random();
  }

  async flush() {
    let settled = true;
    while (settled) {
      const rows = await this.outbox.oldest(AT_ONCE);
      if (!rows.length) return;
      const { results } = await this.line.call("POST", "/v1/ratings:batch", rows.map(stamped));
      settled = await this.outbox.settle(rows, results);
      await this.note("online");
    }
  }

  async exchange() {
    await this.heartbeat();
    await this.outbox.show(await this.line.call("GET", "/v1/devices/me/config"));
    this.due = performance.now() + ROUND_MS;
  }

  async heartbeat() {
    const { epoch, last } = await this.outbox.me();
    const { ofEpoch } = await this.outbox.counts(epoch);
    const depths = { outbox_depth: ofEpoch.waiting, refused: ofEpoch.refused };
    const told = { epoch, last_sequence: last, version: VERSION, ...depths };
    await this.line.call("POST", "/v1/devices/me/heartbeat", told);
  }

  /** Say how things stand; without a new word about the line, as it was. */
  async note(link = this.link) {
    this.link = link;
    const me = await this.outbox.me();
    const { waiting, refused } = await this.outbox.counts(me.epoch);
    this.changed({ link, waiting, refused, told: this.told, me });
  }
}

/** The press with the time of sending by the clock of the press, which may have been wrong. */
function stamped({ press, session, ticks }) {
  const pressed = Date.parse(press.pressed_at);
  const alive = session === SESSION;
  const sent = alive ? pressed + performance.now() - ticks : Math.max(Date.now(), pressed);
  return { ...press, sent_at: new Date(sent).toISOString() };
}
