/**
 * SHA-1 of a short text, at once: Web Crypto has it only as a promise, and a local assignment must not wait.
 * FIPS 180-4, section 6.1.2. It shares clients out evenly; it protects nothing.
 */

const ENCODER = new TextEncoder();
const BLOCK_BYTES = 64;
/** Message schedule, used again for every block: nothing here runs twice at a time. */
const SCHEDULE = new Int32Array(80);

/** The five words of the digest, each in [0, 2^32), most significant first. */
export type Words = readonly [number, number, number, number, number];

export function sha1(text: string): Words {
  const bytes = ENCODER.encode(text);
  // The message, a bit that ends it, and its length in bits as 8 bytes.
  const blocks = Math.ceil((bytes.length + 9) / BLOCK_BYTES);
  const padded = new Uint8Array(blocks * BLOCK_BYTES);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, bytes.length * 8);
  let state: Words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) state = withBlock(state, view, offset);
  return state;
}

function withBlock(state: Words, view: DataView, offset: number): Words {
  for (let t = 0; t < 16; t += 1) SCHEDULE[t] = view.getInt32(offset + t * 4);
  for (let t = 16; t < 80; t += 1) SCHEDULE[t] = rotated(word(t - 3) ^ word(t - 8) ^ word(t - 14) ^ word(t - 16), 1);
  let [a, b, c, d, e] = state;
  for (let t = 0; t < 80; t += 1) {
    const next = (rotated(a, 5) + mixed(t, b, c, d) + e + word(t)) | 0;
    e = d;
    d = c;
    c = rotated(b, 30);
    b = a;
    a = next;
  }
  return [sum(state[0], a), sum(state[1], b), sum(state[2], c), sum(state[3], d), sum(state[4], e)];
}

/** The function and the constant of a round. */
function mixed(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function word(t: number): number {
  return SCHEDULE[t] ?? 0;
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function sum(one: number, other: number): number {
  return (one + other) >>> 0;
}
