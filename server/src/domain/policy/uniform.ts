/** Every alternative alike, by Sixpack 2.7's modulo rule. */
import { choiceNumber, type Digest } from "../digest.ts";

/** Position of the chosen alternative among `count` in stored order. Bit-exact with Sixpack 2.7. */
export function chooseUniform(digest: Digest, count: number): number {
  return choiceNumber(digest) % count;
}
