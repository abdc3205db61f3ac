/**
 * Who calls: the address of a connection, or what trusted proxies in front of it say.
 *
 * Each proxy writes the address it saw at the end of `X-Forwarded-For`, so the header is read from its end for as long
 * as a trusted proxy wrote it. What stands before that was written by the caller and proves nothing.
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";

/** @param networks addresses, and networks in CIDR notation, as the configuration has checked them */
export function addressList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of networks) {
    const [address = "", prefix] = entry.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Sockets that listen on IPv6 see IPv4 clients as `::ffff:…`, which `check` knows. */
export function contains(list: BlockList, address: string | undefined): boolean {
  return address !== undefined && list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/**
 * Whether the writer of an entry is trusted: `hop` 0 is the connection itself, 1 the address it names, and so on.
 * Without a list one proxy is believed, whoever it is: the original's `proxy_fix`.
 */
export type TrustsProxy = (address: string, hop: number) => boolean;

export function proxyTrust(proxies: readonly string[]): TrustsProxy {
  if (proxies.length === 0) return (_address, hop) => hop === 0;
  const list = addressList(proxies);
  return (address) => contains(list, address);
}

/** The address of the caller of a request; empty where the connection is gone. `trusts` is `undefined` without proxies. */
export function callerAddress(request: IncomingMessage, trusts: TrustsProxy | undefined): string {
  let address = request.socket.remoteAddress ?? "";
  if (trusts === undefined) return address;
  const header = request.headers["x-forwarded-for"];
  const entries = (typeof header === "string" ? header : "").split(",");
  for (let hop = 0; trusts(address, hop); hop += 1) {
    const entry = withoutPort(entries.pop() ?? "");
    if (isIP(entry) === 0) break;
    address = entry;
  }
  return address;
}

/** Some programs write the port too: `192.0.2.1:5123`, `[2001:db8::1]:5123`; and some a zone: `fe80::1%eth0`. */
function withoutPort(entry: string): string {
  return entry
    .trim()
    .replace(/^\[(.*)\](?::\d+)?$/, "$1")
    .replace(/^([\d.]+):\d+$/, "$1")
    .replace(/%.*$/s, "");
}

/** Whether an address, as any program writes it, is one of these or lies in one of these networks. */
export function ignoring(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false;
  const list = addressList(networks);
  return (written) => {
    const address = withoutPort(written);
    return isIP(address) !== 0 && contains(list, address);
  };
}
