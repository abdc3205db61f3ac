/** One message to a receiver that may be anybody's, and may do anything. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ANSWER_BYTES_MAX, isPrivateAddress, poster } from "../../src/ops/post.ts";
import { Receiver } from "../support/receiver.ts";

let receiver: Receiver;
const post = poster({ privateAllowed: true });

beforeAll(async () => {
  receiver = await Receiver.start();
});
beforeEach(() => {
  receiver.received.length = 0;
});
afterAll(() => receiver.stop());

describe("a message", () => {
  it("arrives as it was written, and is delivered by any 2xx", async () => {
    receiver.answer = (response) => response.writeHead(202).end("thanks");
    expect(await post(`${receiver.url}/hook?a=b`, { "webhook-id": "1" }, '{"größe":1}')).toEqual({
      delivered: true,
      last: "202",
    });
    expect(receiver.received).toMatchObject([
      { path: "/hook?a=b", body: '{"größe":1}', headers: { "webhook-id": "1" } },
    ]);
  });

  it.each([
    [500, "500"],
    [404, "404"],
    [302, "302: redirects are not followed"],
  ])("that is answered with %d is not delivered, and goes nowhere else", async (status, last) => {
    receiver.answer = (response) => response.writeHead(status, { location: `${receiver.url}/elsewhere` }).end();
    expect(await post(receiver.url, {}, "{}")).toEqual({ delivered: false, last });
    expect(receiver.received.map(({ path }) => path)).toEqual(["/"]);
  });

  it("that nobody answers is given up after its time", async () => {
    receiver.answer = () => {};
    const impatient = poster({ privateAllowed: true, timeoutMs: 50 });
    expect(await impatient(receiver.url, {}, "{}")).toEqual({ delivered: false, last: "no answer within 0.05 s" });
  });

  it("is delivered by its status, whatever length the receiver claims for the rest", async () => {
    receiver.answer = (response) => {
      response.writeHead(200, { "content-length": "1000" }).write("short");
      setImmediate(() => response.destroy());
    };
    expect(await post(receiver.url, {}, "{}")).toEqual({ delivered: true, last: "200" });
    receiver.answer = (response) => {
      response.socket?.end("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nmuch more than that");
    };
    expect(await post(receiver.url, {}, "{}")).toEqual({ delivered: true, last: "200" });
  });

  it("reads no more of an endless answer than it has to", async () => {
    let written = 0;
    const broken = new Promise<void>((resolve) => {
      receiver.answer = (response) => {
        response.writeHead(200);
        response.on("close", resolve);
        const chunk = Buffer.alloc(65_536);
        const more = (): void => {
          while (!response.destroyed && response.write(chunk)) written += chunk.length;
          if (!response.destroyed) response.once("drain", more);
        };
        more();
      };
    });
    expect(await post(receiver.url, {}, "{}")).toEqual({ delivered: true, last: "200" });
    await broken;
    // What the sockets hold in between is not ours to count.
    expect(written).toBeLessThan(ANSWER_BYTES_MAX + 2 ** 25);
  });

  it("that is answered by another protocol ends, and is not delivered", async () => {
    for (const head of ["101 Switching Protocols", "200 OK"]) {
      receiver.answer = (response) => {
        response.socket?.end(`HTTP/1.1 ${head}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
      };
      const { delivered } = await post(receiver.url, {}, "{}");
      expect([head, delivered]).toEqual([head, head.startsWith("200")]);
    }
  });

  it("that meets something else than HTTP, or nobody, says so", async () => {
    receiver.answer = (response) => {
      response.socket?.end("SSH-2.0-OpenSSH_9.2\r\n");
    };
    expect(await post(receiver.url, {}, "{}")).toMatchObject({
      delivered: false,
      last: expect.stringContaining("Parse"),
    });
    expect(await post("http://127.0.0.1:1/", {}, "{}")).toMatchObject({
      delivered: false,
      last: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("a private network", () => {
  const careful = poster({ privateAllowed: false });

  it.each(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "0.0.0.0"])(
    "is not reached as %s",
    async (host) => {
      receiver.answer = (response) => response.writeHead(204).end();
      const { port } = new URL(receiver.url);
      const posted = await careful(`http://${host}:${port}/`, {}, "{}");
      expect(posted).toMatchObject({ delivered: false, last: expect.stringContaining("lies in a private network") });
      expect(receiver.received).toEqual([]);
    },
  );

  it("is any that no public receiver lies in", () => {
    const inside = ["10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "fd00::1", "fe80::1"];
    const mapped = [
      "::ffff:10.0.0.1",
      "64:ff9b::a00:1",
      "2002:a00:1::",
      "::10.0.0.1",
      "::ffff:0:10.0.0.1",
      "fe80::1%lo",
    ];
    for (const address of [...inside, ...mapped]) expect([address, isPrivateAddress(address)]).toEqual([address, true]);
    for (const address of ["1.1.1.1", "172.32.0.1", "2606:4700::1111"]) expect(isPrivateAddress(address)).toBe(false);
  });
});
