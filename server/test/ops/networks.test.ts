import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { callerAddress, proxyTrust, type TrustsProxy } from "../../src/ops/networks.ts";

function callerOf(trusts: TrustsProxy | undefined, forwarded?: string, socket = "10.0.0.1"): string {
  const request = { socket: { remoteAddress: socket }, headers: { "x-forwarded-for": forwarded } };
  return callerAddress(request as unknown as IncomingMessage, trusts);
}

describe("the address of a caller", () => {
  it("is that of the connection where no proxy is trusted", () => {
    expect(callerOf(undefined, "198.51.100.1")).toBe("10.0.0.1");
  });

  it("is what the neighbour saw, and nothing that was written before it, without a list", () => {
    expect(callerOf(proxyTrust([]), "203.0.113.9, 198.51.100.1")).toBe("198.51.100.1");
  });

  it("is looked for behind every proxy of the list", () => {
    const trusts = proxyTrust(["10.0.0.0/8", "fd00::/8"]);
    expect(callerOf(trusts, "203.0.113.9, 198.51.100.1, 10.0.0.2")).toBe("198.51.100.1");
    expect(callerOf(trusts, "203.0.113.9, 10.0.0.3", "fd00::1")).toBe("203.0.113.9");
    expect(callerOf(trusts, "198.51.100.1", "::ffff:10.0.0.1")).toBe("198.51.100.1");
  });

  it("is the last that a proxy of the list vouches for, where what stands before is no address", () => {
    const trusts = proxyTrust(["10.0.0.0/8", "fe80::/10"]);
    for (const junk of [
      "unknown",
      "",
      "10.0.0",
      "010.0.0.1",
      "203.0.113.9.",
      "1.2.3.4 5.6.7.8",
      "_hidden",
      '"10.0.0.9"',
    ]) {
      expect([junk, callerOf(trusts, `203.0.113.9, ${junk}, 10.0.0.2`)]).toEqual([junk, "10.0.0.2"]);
      expect([junk, callerOf(trusts, `203.0.113.9, ${junk}`)]).toEqual([junk, "10.0.0.1"]);
    }
    expect(callerOf(trusts, "198.51.100.1, fe80::2%eth0", "fe80::1%eth0")).toBe("198.51.100.1");
    expect(callerOf(trusts, `${"10.0.0.9, ".repeat(500)}10.0.0.2`)).toBe("10.0.0.9");
  });

  it("is looked for behind proxies whose addresses are written in either family", () => {
    for (const written of [
      "10.0.0.0/8",
      "::ffff:10.0.0.0/104",
      "::ffff:0:0/96",
      "0.0.0.0/0",
      "10.0.0.1",
      "::ffff:a00:1",
    ]) {
      const trusts = proxyTrust([written]);
      for (const socket of ["10.0.0.1", "::ffff:10.0.0.1"]) {
        expect([written, socket, callerOf(trusts, "2001:db8::1", socket)]).toEqual([written, socket, "2001:db8::1"]);
      }
      expect([written, callerOf(trusts, "198.51.100.1", "2001:db8::2")]).toEqual([written, "2001:db8::2"]);
    }
  });

  it("is that of the connection where that is none of the list", () => {
    expect(callerOf(proxyTrust(["10.0.0.0/8"]), "203.0.113.9", "192.0.2.7")).toBe("192.0.2.7");
  });

  it.each([
    ["198.51.100.1:5123", "198.51.100.1"],
    ["[2001:db8::1]:5123", "2001:db8::1"],
    ["unknown", "10.0.0.1"],
    ["", "10.0.0.1"],
    [undefined, "10.0.0.1"],
  ])("is read from %s as %s", (forwarded, address) => {
    expect(callerOf(proxyTrust([]), forwarded)).toBe(address);
  });
});
