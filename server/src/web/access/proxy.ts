/**
 * Login by a proxy in front, which names the user in a header. The header counts only on connections that come from
 * one of the trusted addresses themselves; `X-Forwarded-For` is not asked, because whoever can reach us can write it.
 */
import type { FastifyRequest } from "fastify";
import { USER_NAME_LENGTH_MAX } from "../../config/items.ts";
import { isReserved } from "../../domain/actor.ts";
import { shownName } from "../../lib/shown-name.ts";
import { addressList, contains } from "../../ops/networks.ts";
import type { AccessMode, Identity } from "../http/identity.ts";

type ProxyMode = Extract<AccessMode, { kind: "proxy" }>;

/**
 * Names that would look like somebody else in the activity log are refused: its own actors, and the tokens.
 * @param taken names of tokens
 */
export function proxyLogin(mode: ProxyMode, taken: ReadonlySet<string>): (request: FastifyRequest) => Identity | null {
  const trusted = addressList(mode.addresses);
  const header = mode.header.toLowerCase();
  return (request) => {
    if (!contains(trusted, request.socket.remoteAddress)) return null;
    const value = request.headers[header];
    // A header sent twice means that the proxy passes on what its client wrote.
    if (typeof value !== "string") return null;
    const name = utf8(value.trim());
    if (name.includes(",") || !mayBeCalled(name, taken)) return null;
    const role = mode.roles.get(name) ?? mode.otherRole;
    return role === undefined ? null : { kind: "proxied", name, role };
  };
}

/**
 * Neither a name of somebody else nor one that a reader could take for it, such as ` server` on a page.
 * @param taken names of tokens
 */
export function mayBeCalled(name: string, taken: ReadonlySet<string>): boolean {
  const isPlain = name !== "" && name.length <= USER_NAME_LENGTH_MAX && shownName(name) === name;
  return isPlain && [name, name.normalize("NFKC")].every((one) => !isReserved(one) && !taken.has(one));
}

/** node:http reads each byte of a header as a character of Latin-1; proxies write names in UTF-8. */
function utf8(header: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(header, "latin1"));
  } catch {
    return header;
  }
}
