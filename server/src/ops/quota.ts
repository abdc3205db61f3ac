/**
 * How much one address may ask for in a window of time, in bounded memory.
 *
 * Windows are fixed: counting starts anew when one ends, so around an end an address may get twice its share, and in
 * return a count is one number. A call that costs more than a window allows uses up the windows after it too. Addresses
 * beyond ADDRESSES_MAX in one window share one count: an attacker with that many addresses fills it, and memory stays
 * bounded.
 *
 *     const quota = new Quota({ max: 10, windowMs: 3_600_000, nowMs: Date.now });
 *     quota.take("192.0.2.1"); // 0: granted, or the seconds until it may ask again
 */
import { isIPv6 } from "node:net";

/** Most addresses counted one by one in a window: about 10 MB. */
export const ADDRESSES_MAX = 65_536;

interface QuotaOptions {
  /** Most units an address gets in a window. */
  readonly max: number;
  readonly windowMs: number;
  readonly nowMs: () => number;
}

/** Most windows that an address has to wait for what it spent. */
const DEBT_WINDOWS_MAX = 60;

/** The name under which addresses beyond ADDRESSES_MAX are counted. */
const OTHERS = "others";

export class Quota {
  readonly #options: QuotaOptions;
  readonly #taken = new Map<string, number>();
  #window = Number.NaN;

  constructor(options: QuotaOptions) {
    this.#options = options;
  }

  /** Addresses counted one by one in this window. */
  get addresses(): number {
    return this.#taken.size;
  }

  /**
   * Takes `count` units for an address if all of them are left. More than a whole window holds is granted to an address
   * that has taken nothing yet, because it could never be granted otherwise; the windows after it pay for the rest.
   * @returns 0 when granted, else the whole seconds until it would be
   */
  take(address: string, count = 1): number {
    const { max, windowMs } = this.#options;
    const { key, taken, now } = this.#look(address);
    if (taken > 0 && taken + count > max) {
      const left = count > max ? taken : taken + count - max;
      const windows = Math.max(1, Math.ceil(left / max));
      return Math.max(1, Math.ceil(((this.#window + windows) * windowMs - now) / 1000));
    }
    this.#taken.set(key, Math.min(taken + count, DEBT_WINDOWS_MAX * max));
    return 0;
  }

  /** Charges for what was done already, even beyond the limit; it is taken from the windows after this one. */
  owe(address: string, count: number): void {
    if (count <= 0) return;
    const { key, taken } = this.#look(address);
    this.#taken.set(key, Math.min(taken + count, DEBT_WINDOWS_MAX * this.#options.max));
  }

  #look(address: string) {
    const { max, windowMs, nowMs } = this.#options;
    const now = nowMs();
    const window = Math.floor(now / windowMs);
    if (window !== this.#window) {
      // A clock that was set back must not lock anybody out.
      const paid = window > this.#window ? max * (window - this.#window) : Number.POSITIVE_INFINITY;
      for (const [key, taken] of this.#taken) {
        if (taken > paid) this.#taken.set(key, taken - paid);
        else this.#taken.delete(key);
      }
      this.#window = window;
    }
    const group = addressGroup(address);
    const key = this.#taken.has(group) || this.#taken.size < ADDRESSES_MAX ? group : OTHERS;
    return { key, taken: this.#taken.get(key) ?? 0, now };
  }
}

/** Groups of 16 bits that a provider gives to one customer: whoever has an IPv6 address has 2^64 of them. */
const CUSTOMER_GROUPS = 4;

/** What counts as one address: an IPv4 address, or the /64 network of an IPv6 one. */
export function addressGroup(address: string): string {
  if (/^::ffff:[\d.]+$/i.test(address)) return address.slice("::ffff:".length);
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const right = tail === "" ? 0 : tail.split(":").length;
    while (left.length + right < 8) left.push("0");
  }
  return `${left.slice(0, CUSTOMER_GROUPS).join(":")}::/64`;
}
