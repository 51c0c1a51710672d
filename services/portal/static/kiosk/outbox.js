// What a kiosk must not forget: who it is, the press at hand, and the presses that still wait.

import { ratingId } from "./signing.js";

const NAME = "haoping-kiosk";
const [SELF, DRAFTS, OUTBOX, REFUSED] = ["self", "drafts", "outbox", "refused"];
const COUNTED = ["epoch", "sequence"];

/** The outbox of this browser; what it says is done is on disk. */
export async function openOutbox() {
  const asking = indexedDB.open(NAME, 1);
  asking.onupgradeneeded = () => {
    asking.result.createObjectStore(SELF);
    asking.result.createObjectStore(DRAFTS, { keyPath: "id" });
    asking.result.createObjectStore(OUTBOX, { keyPath: COUNTED });
    asking.result.createObjectStore(REFUSED, { keyPath: COUNTED });
  };
  return new Outbox(await answered(asking));
}

class Outbox {
  constructor(db) {
    this.db = db;
  }

  /** Device, key, epoch and the last sequence; undefined before the first enrolment. */
  me() {
    return this.deal([SELF], "readonly", (in_) => answered(in_(SELF).get("me")));
  }

  /** A new epoch, counted from 1; what waits here stays. A server that was put back from a copy
   * may give an epoch again: its count goes on. */
  become(me) {
    return this.deal([SELF, OUTBOX, REFUSED], "readwrite", async (in_) => {
      const before = await answered(in_(SELF).get("me"));
      const again = before && before.device === me.device && before.epoch === me.epoch;
      const kept = await Promise.all([OUTBOX, REFUSED].map((each) => lastOf(in_(each), me.epoch)));
      in_(SELF).put({ ...me, last: Math.max(again ? before.last : 0, ...kept) }, "me");
    });
  }

  /** What was last said about what to show; undefined before. */
  shown() {
    return this.deal([SELF], "readonly", (in_) => answered(in_(SELF).get("shown")));
  }

  show(config) {
    return this.deal([SELF], "readwrite", (in_) => in_(SELF).put(config, "shown"));
  }

  /** Keep a press that is being made: `{id, session, ticks, press}`. */
  begin(draft) {
    return this.deal([DRAFTS], "readwrite", (in_) => in_(DRAFTS).put(draft));
  }

  /** The same press with more in it, unless it is over already. */
  change(draft) {
    return this.deal([DRAFTS], "readwrite", async (in_) => {
      if (await answered(in_(DRAFTS).getKey(draft.id))) in_(DRAFTS).put(draft);
    });
  }

  /** The press was taken back. */
  withdraw(id) {
    return this.deal([DRAFTS], "readwrite", (in_) => in_(DRAFTS).delete(id));
  }

  /** The press is a rating now, with the next number; a second time is harmless. */
  finish(id) {
    return this.deal([SELF, DRAFTS, OUTBOX], "readwrite", async (in_) => {
      const draft = await answered(in_(DRAFTS).get(id));
      if (draft) await this.number(draft, in_);
    });
  }

  /** What a reload or a power cut interrupted are ratings too. */
  async finishAll() {
    const ids = await this.deal([DRAFTS], "readonly", (in_) => answered(in_(DRAFTS).getAllKeys()));
    for (const id of ids) await this.finish(id);
  }

  async number(draft, in_) {
    const me = await answered(in_(SELF).get("me"));
    const counted = { epoch: me.epoch, sequence: me.last + 1 };
    const rating_id = ratingId(me.device, counted.epoch, counted.sequence);
    const { session, ticks } = draft;
    in_(SELF).put({ ...me, last: counted.sequence }, "me");
    in_(OUTBOX).add({ ...counted, session, ticks, press: { ...draft.press, rating_id, ...counted } });
    in_(DRAFTS).delete(draft.id);
  }

  /** The oldest rows that wait. */
  oldest(count) {
    return this.deal([OUTBOX], "readonly", (in_) => answered(in_(OUTBOX).getAll(null, count)));
  }

  /** Strike out what was answered; true if anything was. What was refused is put aside. */
  settle(rows, results) {
    return this.deal([OUTBOX, REFUSED], "readwrite", (in_) => {
      const final = rows.filter((row, at) => ["accepted", "refused"].includes(results[at].status));
      rows.forEach((row, at) => {
        if (results[at].status === "refused") in_(REFUSED).put({ ...row, reason: results[at] });
      });
      final.forEach((row) => in_(OUTBOX).delete([row.epoch, row.sequence]));
      return final.length > 0;
    });
  }

  /** How many wait, and how many were put aside: of all epochs, and of `epoch`. */
  async counts(epoch) {
    const stores = [OUTBOX, REFUSED];
    const range = all(epoch);
    const [waiting, refused, ...of] = await this.deal(stores, "readonly", (in_) =>
      Promise.all([...stores.map((each) => answered(in_(each).count())),
        ...stores.map((each) => answered(in_(each).count(range)))]));
    return { waiting, refused, ofEpoch: { waiting: of[0], refused: of[1] } };
  }

  async deal(stores, mode, work) {
    const whole = this.db.transaction(stores, mode, { durability: "strict" });
    const done = new Promise((resolve, reject) => {
      whole.oncomplete = resolve;
      whole.onabort = () => reject(whole.error || new Error("aborted"));
    });
    const [result] = await Promise.all([work((store) => whole.objectStore(store)), done]);
    return result;
  }
}

function all(epoch) {
  return IDBKeyRange.bound([epoch], [epoch + 1]);
}

async function lastOf(store, epoch) {
  const newest = await answered(store.openKeyCursor(all(epoch), "prev"));
  return newest ? newest.key[1] : 0;
}

function answered(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
