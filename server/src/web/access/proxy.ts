/**
 * Login by a proxy in front, which names the user in a header. The header counts only on connections that come from
 * one of the trusted addresses themselves; `X-Forwarded-For` is not asked, because whoever can reach us can write it.
 */
import type { FastifyRequest } from "fastify";
import { addressList, contains } from "../../ops/networks.ts";
import type { AccessMode, Identity } from "../http/identity.ts";

type ProxyMode = Extract<AccessMode, { kind: "proxy" }>;

/** Longest name taken from a header, in characters. */
const NAME_LENGTH_MAX = 256;

export function proxyLogin(mode: ProxyMode): (request: FastifyRequest) => Identity | null {
  const trusted = addressList(mode.addresses);
  const header = mode.header.toLowerCase();
  return (request) => {
    if (!contains(trusted, request.socket.remoteAddress)) return null;
    const value = request.headers[header];
    // A header sent twice means that the proxy passes on what its client wrote.
    if (typeof value !== "string") return null;
    const name = value.trim();
    if (name === "" || name.length > NAME_LENGTH_MAX || name.includes(",")) return null;
    const role = mode.roles.get(name) ?? mode.otherRole;
    return role === undefined ? null : { kind: "proxied", name, role };
  };
}
