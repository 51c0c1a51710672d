// Who this kiosk is to the services: the ids of its presses, and signed requests that learn the time.

import { hmac, joined, sha1 } from "./hashing.js";

const NAMESPACE = "9559eec07d72536d8f997d7852636931";
const PATIENCE_MS = 20000;
const HASH = { name: "HMAC", hash: "SHA-256" };
const encoder = new TextEncoder();

/** Whether the browser has keys that cannot be taken out, and lets pages work offline. */
export const secure = () => window.isSecureContext && Boolean(crypto.subtle);

/** Something nobody else has: 32 hexadecimal digits. */
export const unique = () => hex(crypto.getRandomValues(new Uint8Array(16)));

/** A key as it is kept: not extractable, wherever the browser has such keys. */
export function imported(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return secure() ? crypto.subtle.importKey("raw", bytes, HASH, false, ["sign"]) : bytes;
}

/** The id of a press: UUIDv5 of `device:epoch:sequence`. */
export function ratingId(device, epoch, sequence) {
  const space = Uint8Array.from(NAMESPACE.match(/../g), (pair) => parseInt(pair, 16));
  const id = sha1(joined(space, encoder.encode(`${device}:${epoch}:${sequence}`))).slice(0, 16);
  id[6] = (id[6] & 0x0f) | 0x50;
  id[8] = (id[8] & 0x3f) | 0x80;
  return hex(id).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** A refusal of the services, with their status. */
export class Refused extends Error {
  constructor(status) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

/** Exchange a one-time code for the name, key and epoch of a device. Raises Refused. */
export async function enrolled(code) {
  const headers = { "content-type": "application/json" };
  const answer = await asked("POST", "/v1/devices:enrol", JSON.stringify({ code }), headers);
  if (!answer.ok) throw new Refused(answer.status);
  const told = await answer.json();
  return { device: told.device, epoch: told.epoch, key: await imported(told.key) };
}

/** Signed requests. Whatever our clock says, the answers tell how wrong it is. */
export class Line {
  constructor(outbox) {
    this.outbox = outbox;
    this.offset = 0;
  }

  /** What is answered, as JSON. Raises Refused, or what fetch raises while there is no network. */
  async call(method, path, body) {
    const content = body === undefined ? "" : JSON.stringify(body);
    let answer = await this.signed(method, path, content);
    if (answer.status === 401) {
      const { now } = await answer.json();
      if (!now) throw new Refused(401);
      this.offset = Date.parse(now) - Date.now();
      answer = await this.signed(method, path, content);
    }
    if (!answer.ok) throw new Refused(answer.status);
    return answer.json();
  }

  async signed(method, path, content) {
    const { device, key } = await this.outbox.me();
    const id = unique();
    const timestamp = Math.floor((Date.now() + this.offset) / 1000);
    const mac = await signature(key, encoder.encode(`${id}.${timestamp}.${content}`));
    return asked(method, path, content || undefined, {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": `v1,${btoa(String.fromCharCode(...mac))}`,
      "haoping-device": device,
    });
  }
}

async function signature(key, bytes) {
  if (key instanceof Uint8Array) return hmac(key, bytes);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes));
}

async function asked(method, path, body, headers) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  const how = { method, body, headers, signal: giveUp.signal, cache: "no-store" };
  try {
    return await fetch(path, { ...how, credentials: "omit" });
  } finally {
    clearTimeout(timer);
  }
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
