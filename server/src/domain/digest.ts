/**
 * The hash that decides everything about a client in an experiment, and the numbers read from it.
 *
 * `digest = SHA-1(utf8(experiment + "." + client_id))`, kept as a string of 20 characters, one per byte
 * (the fastest form to get from node:crypto and to read from). Different questions read different bytes,
 * or use a salt of their own, so that no answer predicts another:
 *
 * | bytes  | question                                         |
 * |--------|--------------------------------------------------|
 * | 0..3   | uniform choice: first 7 hex digits modulo count   |
 * | 4..11  | the identity under which the client is stored     |
 * | 12..19 | position in [0, 1) for weighted choice            |
 */
import { hash } from "node:crypto";
import type { ClientId, ExperimentName } from "./names.ts";

declare const brand: unique symbol;
/** 20 characters, each one byte of the SHA-1. */
export type Digest = string & { readonly [brand]: "Digest" };
/** 8 characters, each one byte: bytes 4..11 of the digest. What the store knows of a client. */
export type ClientKey = string & { readonly [brand]: "ClientKey" };

/** Characters in a `ClientKey`, each one byte. */
export const CLIENT_KEY_BYTES = 8;

export function digestOf(experiment: ExperimentName, client: ClientId): Digest {
  return hash("sha1", `${experiment}.${client}`, "binary") as Digest;
}

/** The first 7 hex digits as an integer in [0, 2^28): Sixpack 2.7's number for the uniform choice. */
export function choiceNumber(digest: Digest): number {
  return (
    ((digest.charCodeAt(0) << 20) |
      (digest.charCodeAt(1) << 12) |
      (digest.charCodeAt(2) << 4) |
      (digest.charCodeAt(3) >> 4)) >>>
    0
  );
}

export function clientKey(digest: Digest): ClientKey {
  return digest.slice(4, 4 + CLIENT_KEY_BYTES) as ClientKey;
}

/** As it stands in texts. */
export function hexOf(client: ClientKey): string {
  return Buffer.from(client, "latin1").toString("hex");
}

export function clientOfHex(hex: string): ClientKey {
  return Buffer.from(hex, "hex").toString("latin1") as ClientKey;
}

/** Position in [0, 1) with 53 bits, from bytes 12..19, for choices by weight. */
export function weightPosition(digest: Digest): number {
  return (uint32(digest, 12) * 2 ** 21 + (uint32(digest, 16) >>> 11)) / 2 ** 53;
}

declare const eventBrand: unique symbol;
/** 8 characters, each one byte: what the store remembers of the id that a caller gave a conversion. */
export type EventKey = string & { readonly [eventBrand]: "EventKey" };

/** The null byte keeps client and id apart: a client id may hold any other character. */
export function eventKey(experiment: ExperimentName, client: ClientId, id: string): EventKey {
  return hash("sha1", `${experiment}.event.${client}\0${id}`, "binary").slice(0, CLIENT_KEY_BYTES) as EventKey;
}

/**
 * Position in [0, 1) with 52 bits that decides whether a client is inside the traffic fraction: the first 13
 * hex digits of a digest with a salt of its own, so that being inside says nothing about the alternative.
 */
export function trafficPosition(experiment: ExperimentName, client: ClientId): number {
  return position(hash("sha1", `${experiment}.traffic.${client}`, "binary"));
}

/**
 * Position in [0, 1) with 52 bits in a layer, the same for all its experiments. No other text that is hashed has this null
 * byte: names of experiments have no control characters.
 */
export function layerPosition(layer: string, client: ClientId): number {
  return position(hash("sha1", `${layer}\0layer.${client}`, "binary"));
}

/** The first 13 hex digits over 2^52. */
function position(digest: string): number {
  return (uint32(digest, 0) * 2 ** 20 + (uint32(digest, 4) >>> 12)) / 2 ** 52;
}

/** Four bytes, most significant first, as an integer in [0, 2^32). */
export function uint32(bytes: string, offset: number): number {
  return (
    ((bytes.charCodeAt(offset) << 24) |
      (bytes.charCodeAt(offset + 1) << 16) |
      (bytes.charCodeAt(offset + 2) << 8) |
      bytes.charCodeAt(offset + 3)) >>>
    0
  );
}
