// SHA-1 and SHA-256 (FIPS 180-4) and HMAC (RFC 2104) for a page that WebCrypto is kept from.

const BLOCK = 64;
const primes = [];
for (let number = 2; primes.length < BLOCK; number += 1) {
  if (primes.every((prime) => number % prime)) primes.push(number);
}
const fraction = (value) => ((value - Math.floor(value)) * 2 ** 32) | 0;
const ROUNDS_256 = primes.map((prime) => fraction(Math.cbrt(prime)));
const START_256 = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const START_1 = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
const ROUNDS_1 = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

const left = (word, by) => (word << by) | (word >>> (32 - by));
const right = (word, by) => (word >>> by) | (word << (32 - by));

/** The 20 bytes of SHA-1 over bytes. */
export const sha1 = (bytes) => digest(bytes, START_1, 80, schedule1, round1);

/** The 32 bytes of SHA-256 over bytes. */
export const sha256 = (bytes) => digest(bytes, START_256, 64, schedule256, round256);

/** The 32 bytes of HMAC-SHA256 over bytes; the key is at most 64 bytes long. */
export function hmac(key, bytes) {
  const block = new Uint8Array(BLOCK);
  block.set(key);
  const inner = sha256(joined(block.map((byte) => byte ^ 0x36), bytes));
  return sha256(joined(block.map((byte) => byte ^ 0x5c), inner));
}

/** One after the other. */
export function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function digest(bytes, start, rounds, schedule, round) {
  const blocks = padded(bytes);
  let state = Int32Array.from(start);
  for (let at = 0; at < blocks.byteLength; at += BLOCK) {
    const words = new Int32Array(rounds);
    for (let i = 0; i < rounds; i += 1) {
      words[i] = i < 16 ? blocks.getInt32(at + 4 * i) : schedule(words, i);
    }
    let next = state;
    for (let i = 0; i < rounds; i += 1) next = Int32Array.from(round(next, words[i], i));
    state = state.map((word, i) => word + next[i]);
  }
  const out = new DataView(new ArrayBuffer(4 * start.length));
  state.forEach((word, i) => out.setInt32(4 * i, word));
  return new Uint8Array(out.buffer);
}

function padded(bytes) {
  const length = (((bytes.length + 8) >> 6) + 1) * BLOCK;
  const whole = new Uint8Array(length);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(length - 4, bytes.length << 3);
  return view;
}

const schedule1 = (w, i) => left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);

function round1([a, b, c, d, e], word, i) {
  const part = Math.floor(i / 20);
  const mixed = [(b & c) | (~b & d), b ^ c ^ d, (b & c) | (b & d) | (c & d), b ^ c ^ d][part];
  return [left(a, 5) + mixed + e + ROUNDS_1[part] + word, a, left(b, 30), c, d];
}

function schedule256(w, i) {
  const first = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >>> 3);
  const second = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >>> 10);
  return w[i - 16] + first + w[i - 7] + second;
}

function round256([a, b, c, d, e, f, g, h], word, i) {
  const high = right(e, 6) ^ right(e, 11) ^ right(e, 25);
  const one = h + high + ((e & f) ^ (~e & g)) + ROUNDS_256[i] + word;
  const low = right(a, 2) ^ right(a, 13) ^ right(a, 22);
  const two = low + ((a & b) ^ (a & c) ^ (b & c));
  return [one + two, a, b, c, d + one, e, f, g];
}
