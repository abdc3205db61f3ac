/** The server's rules of assignment, bit for bit: docs/client-spec.md#9-local-assignment. Pure. */
import type { Alternatives } from "./participation.ts";
import { sha1, type Words } from "./sha1.ts";

/** What the server keeps of an experiment, as far as it decides who sees what. */
export interface Definition {
  /** In stored order, which is that of the call that made the experiment. */
  readonly alternatives: Alternatives;
  /** @default 1 */
  readonly trafficFraction?: number | undefined;
  /** The part of a layer that clients are taken from, as the server's `/experiments/NAME` tells it. @default everybody */
  readonly layer?: { readonly name: string; readonly slice: readonly [from: number, to: number] } | undefined;
  /** One per alternative. @default all the same */
  readonly weights?: readonly number[] | undefined;
  /** Everybody sees it. */
  readonly winner?: string | undefined;
  /** Paused or archived: everybody sees the control. */
  readonly stopped?: boolean | undefined;
}

/** The alternative of a client that the server has none on record for. */
export function assign(experiment: string, clientId: string, definition: Definition): string {
  const texts = textsOf(experiment, clientId, definition);
  return choose(definition, (question) => sha1(texts[question]));
}

/** The same by Web Crypto, for places that want no cryptography but the platform's. */
export async function assignAsync(experiment: string, clientId: string, definition: Definition): Promise<string> {
  const [choice, traffic, place] = textsOf(experiment, clientId, definition);
  const digests = await Promise.all([webSha1(choice), webSha1(traffic), webSha1(place)] as const);
  return choose(definition, (question) => digests[question]);
}

/** What is hashed for the choice, the traffic and the place in the layer. */
function textsOf(experiment: string, clientId: string, { layer }: Definition): readonly [string, string, string] {
  return [
    `${experiment}.${clientId}`,
    `${experiment}.traffic.${clientId}`,
    layer === undefined ? "" : `${layer.name}\0layer.${clientId}`,
  ];
}

function choose(definition: Definition, digest: (question: 0 | 1 | 2) => Words): string {
  const { alternatives, trafficFraction = 1, layer, weights, winner, stopped } = definition;
  if (winner !== undefined) return winner;
  if (stopped) return alternatives[0];
  if (layer !== undefined) {
    const place = position(digest(2));
    if (place < layer.slice[0] || place >= layer.slice[1]) return alternatives[0];
  }
  if (trafficFraction < 1 && position(digest(1)) >= trafficFraction) return alternatives[0];
  const words = digest(0);
  const isUniform = weights === undefined || weights.every((weight) => weight === weights[0]);
  const index = isUniform ? (words[0] >>> 4) % alternatives.length : weightedIndex(weights, weightPosition(words));
  return alternatives[index] ?? alternatives[0];
}

/** In [0, 1), from the first 52 bits. */
function position(words: Words): number {
  return (words[0] * 2 ** 20 + (words[1] >>> 12)) / 2 ** 52;
}

/** In [0, 1), from the upper 53 bits of bytes 12 to 19. */
function weightPosition(words: Words): number {
  return (words[3] * 2 ** 21 + (words[4] >>> 11)) / 2 ** 53;
}

function weightedIndex(weights: readonly number[], position: number): number {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let cumulative = 0;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    cumulative += weight / sum;
    last = index;
    if (position < cumulative) return index;
  }
  // Rounding can leave the sum a hair below 1; that hair belongs to the last alternative with a share.
  return last;
}

async function webSha1(text: string): Promise<Words> {
  const view = new DataView(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text)));
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12), view.getUint32(16)];
}
