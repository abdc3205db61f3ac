/**
 * Login by a proxy in front, which names the user in a header. The header counts only on connections that come from
 * one of the trusted addresses themselves; `X-Forwarded-For` is not asked, because whoever can reach us can write it.
 */
import { BlockList, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";
import type { AccessMode, Identity } from "./access.ts";

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

function addressList(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = "", prefix] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Sockets that listen on IPv6 see IPv4 clients as `::ffff:…`, which `check` knows. */
function contains(list: BlockList, address: string | undefined): boolean {
  return address !== undefined && list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
