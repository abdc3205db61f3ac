import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { listen, listenError, urlOf } from "../../src/cli/listen.ts";

const ADDRESS = { host: "127.0.0.1", port: 0, hostKey: "host", portKey: "port" };

function refusal(code: string, port = 5000): string {
  return listenError(Object.assign(new Error(code), { code }), { ...ADDRESS, port }).message;
}

describe("listen", () => {
  it("resolves with the port that was taken", async () => {
    const server = createServer();
    const port = await listen(server, ADDRESS);
    expect(server.address()).toMatchObject({ address: "127.0.0.1", port });
    server.close();
  });

  it("listens on every address for *", async () => {
    const server = createServer((_request, response) => response.end("here"));
    const port = await listen(server, { ...ADDRESS, host: "*" });
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe("here");
    server.closeAllConnections();
    server.close();
  });
});

describe("messages", () => {
  it("name the port, the key, and what Macs do with 5000", () => {
    expect(refusal("EADDRINUSE", 80)).toMatch(
      /^Port 80 is in use by another program\. Choose another one with `--set port=…`/,
    );
    expect(refusal("EADDRINUSE")).toContain("AirPlay");
    expect(refusal("EACCES", 80)).toContain("Port 80 needs more rights");
    expect(refusal("EADDRNOTAVAIL")).toContain("Correct `host`");
  });
});

describe("urlOf", () => {
  it.each([
    ["*", "http://localhost:1"],
    ["127.0.0.1", "http://localhost:1"],
    ["::1", "http://[::1]:1"],
    ["10.0.0.7", "http://10.0.0.7:1"],
  ])("is how a person here reaches %s", (host, url) => {
    expect(urlOf(host, 1)).toBe(url);
  });
});
