/**
 * One POST to an untrusted receiver. Time and size are limited, redirects are not followed, and addresses in private
 * networks are refused unless allowed. The request goes to the very address that was checked.
 */
import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type BlockList, isIP, type LookupFunction } from "node:net";
import { reasonOf } from "../domain/errors.ts";
import type { Posted } from "../domain/webhook.ts";
import { addressList, contains } from "./networks.ts";

/** Longest that a receiver may take for everything, in milliseconds. */
const POST_TIMEOUT_MS = 10_000;

/** Most of an answer that is read, in bytes; what it says is not used. */
export const ANSWER_BYTES_MAX = 65_536;

/** Networks that no public receiver lies in: loopback, private, link-local, shared, reserved, multicast, and IPv4 inside IPv6. */
const PRIVATE: BlockList = addressList([
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...[
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
  ],
  ...[
    "::/96",
    "::ffff:0:0:0/96",
    "3fff::/20",
    "5f00::/16",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:db8::/32",
    "2002::/16",
  ],
  ...["fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"],
]);

export function isPrivateAddress(address: string): boolean {
  return contains(PRIVATE, address);
}

interface PostOptions {
  /** Whether receivers may lie in private networks. */
  readonly privateAllowed: boolean;
  readonly timeoutMs?: number;
}

/** Never rejects: a receiver that accepted it answered with 2xx; anything else is described in words. */
export function poster({ privateAllowed, timeoutMs = POST_TIMEOUT_MS }: PostOptions) {
  return (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Posted> =>
    new Promise((resolve) => {
      const target = new URL(url);
      const refused = (last: string) => resolve({ delivered: false, last });
      const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
      if (!privateAllowed && isIP(host) !== 0 && isPrivateAddress(host)) return refused(privateText(host));
      const send = target.protocol === "https:" ? httpsRequest : httpRequest;
      const request = send(target, {
        method: "POST",
        headers: { ...headers, "content-length": Buffer.byteLength(body), "user-agent": "sixpack" },
        // A connection of its own: one that is kept could end in the middle of the next message.
        agent: false,
        lookup: publicLookup(privateAllowed),
        maxHeaderSize: 16_384,
      });
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
      request.on("close", () => {
        clearTimeout(timer);
        // Whatever else may end it, such as an answer that asks for another protocol.
        refused("the connection ended without an answer");
      });
      request.on("error", (error) => refused(reasonOf(error)));
      request.on("response", (response) => {
        const { statusCode = 0 } = response;
        // The status is the answer, whatever length the receiver claims for the rest.
        resolve({ delivered: statusCode >= 200 && statusCode < 300, last: statusText(statusCode) });
        let bytes = 0;
        response.on("error", () => {});
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > ANSWER_BYTES_MAX) request.destroy();
        });
      });
      request.end(body);
    });
}

function statusText(status: number): string {
  return status >= 300 && status < 400 ? `${status}: redirects are not followed` : String(status);
}

function privateText(address: string): string {
  return `${address} lies in a private network; \`webhook_private_networks\` allows that`;
}

/** Looks a name up, and refuses it where any of its addresses is private: the next look-up could give that one. */
function publicLookup(privateAllowed: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const forbidden = privateAllowed ? undefined : addresses.find(({ address }) => isPrivateAddress(address));
      if (forbidden !== undefined) return callback(new Error(privateText(forbidden.address)), "", 0);
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      return first === undefined
        ? callback(new Error(`${hostname} has no address`), "", 0)
        : callback(null, first.address, first.family);
    });
  };
}
