/** Whole numbers from 0 on in as few bytes as they need: 7 bits a byte, low bits first, and a highest bit where more follow. */

/** One character per byte. */
export function varint(number: number): string {
  let bytes = "";
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes += String.fromCharCode((rest % 128) + 128);
  return bytes + String.fromCharCode(rest);
}

/** @returns the place after it */
export function writeVarint(bytes: Buffer, at: number, number: number): number {
  let place = at;
  let rest = number;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    bytes[place] = (rest % 128) + 128;
    place += 1;
  }
  bytes[place] = rest;
  return place + 1;
}

/** The number that starts at `at`, and the place after it. @throws RangeError: the bytes end too early */
export function readVarint(bytes: Buffer, at: number): readonly [number, number] {
  let number = 0;
  let factor = 1;
  for (let place = at; ; place += 1) {
    const byte = bytes.readUInt8(place);
    number += (byte & 127) * factor;
    if (byte < 128) return [number, place + 1];
    factor *= 128;
  }
}
