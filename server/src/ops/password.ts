/**
 * Password hashes for `users`: scrypt from node:crypto, as `scrypt.<log2 N>.<r>.<p>.<salt>.<hash>`.
 *
 * Salt (16 bytes) and hash (32 bytes) are base64url. The separator is a dot because neither a shell, nor YAML, nor a
 * compose file does anything with it, unlike the `$` of other formats. The cost travels with the hash, so that it can be raised later.
 */
import { scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** OWASP's password storage sheet for scrypt at 32 MiB: N = 2^15, r = 8, p = 3. */
const COST = { log2N: 15, r: 8, p: 3 } as const;

export const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Most memory that a hash from a configuration may ask for, in bytes: four times what ours does. */
const MEMORY_BYTES_MAX = 128 * 2 ** 20;

/** A hash that no password has, as costly to check as ours: for names that do not exist. */
export const NOBODYS_HASH = ["scrypt", COST.log2N, COST.r, COST.p, "A".repeat(22), "A".repeat(43)].join(".");

const FORMAT = /^scrypt\.([1-9]\d?)\.([1-9]\d?)\.([1-9]\d?)\.([\w-]+)\.([\w-]+)$/;

interface Cost {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}

const scryptAsync: (
  password: string,
  salt: Buffer,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer> = promisify(scrypt);

/** @param salt SALT_BYTES random bytes */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const hash = await derive(password, salt, HASH_BYTES, COST);
  return ["scrypt", COST.log2N, COST.r, COST.p, salt.toString("base64url"), hash.toString("base64url")].join(".");
}

/** False for a wrong password and for a text that is no hash of ours; takes as long for both kinds of wrong password. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = FORMAT.exec(stored);
  if (match === null) return false;
  const [, log2N, r, p, salt = "", hash = ""] = match;
  const expected = Buffer.from(hash, "base64url");
  const cost = { log2N: Number(log2N), r: Number(r), p: Number(p) };
  if (expected.length === 0 || memoryBytes(cost) > MEMORY_BYTES_MAX) return false;
  const actual = await derive(password, Buffer.from(salt, "base64url"), expected.length, cost);
  return timingSafeEqual(actual, expected);
}

function derive(password: string, salt: Buffer, length: number, cost: Cost): Promise<Buffer> {
  const { log2N, r, p } = cost;
  // One password typed on two keyboards may differ in its bytes; NFKC makes them one.
  return scryptAsync(password.normalize("NFKC"), salt, length, {
    N: 2 ** log2N,
    r,
    p,
    maxmem: memoryBytes(cost) + 2 ** 20,
  });
}

function memoryBytes({ log2N, r, p }: Cost): number {
  return 128 * r * (2 ** log2N + p);
}
