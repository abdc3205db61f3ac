/** Numbers and pieces of bytes as LevelDB writes them: 7 bits a byte, low bits first; a piece has its length in front. */

/** Reads on from where it stands. Whatever runs past the end throws. */
export class ByteReader {
  readonly #bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position = 0) {
    this.#bytes = bytes;
    this.position = position;
  }

  get isAtEnd(): boolean {
    return this.position >= this.#bytes.length;
  }

  /** @throws RangeError at the end, or for more than fits a safe integer */
  varint(): number {
    let number = 0;
    for (let factor = 1; factor < 2 ** 56; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.position);
      this.position += 1;
      number += (byte & 127) * factor;
      if (byte < 128) return number;
    }
    throw new RangeError("Expected a varint, got more than 8 bytes of one");
  }

  /** @throws RangeError past the end */
  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.#bytes.length) throw new RangeError(`Expected ${length} more bytes, got the end`);
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  piece(): Buffer {
    return this.take(this.varint());
  }
}
