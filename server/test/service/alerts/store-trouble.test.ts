import { Webhook as Verifier } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { poster } from "../../../src/ops/post.ts";
import { StoreTrouble } from "../../../src/service/alerts/store-trouble.ts";
import { receive, receiver, SECRET, time, webhook } from "./support.ts";

receive();

describe("trouble with the store", () => {
  const trouble = (toldAfterMs: number) =>
    new StoreTrouble({
      ...{ webhooks: [webhook(), webhook("slack", { events: ["harm"] })], post: poster({ privateAllowed: true }) },
      ...{ nowMs: () => time.nowMs, holder: "process", toldAfterMs },
    });

  it("is told once while it lasts, from memory, to those who hear of it", async () => {
    time.nowMs = Date.now();
    const told = trouble(0);
    told.lost("the disk is full");
    told.lost("another reason");
    await expect.poll(() => receiver.received.map(({ path }) => path)).toEqual(["/json"]);
    const [{ body, headers } = { body: "", headers: {} }] = receiver.received;
    expect(new Verifier(SECRET).verify(body, headers as Record<string, string>)).toMatchObject({
      type: "sixpack.store-trouble",
      data: { experiment: null, text: expect.stringContaining("the disk is full") },
    });
    told.regained();
  });

  it("is not told when it has passed by then", async () => {
    const told = trouble(20);
    told.lost("a failover");
    told.regained();
    const later = trouble(20);
    later.lost("for long");
    // Whatever the first one had to say would have come before.
    await expect
      .poll(() => receiver.received.map(({ body }) => JSON.parse(body).data.text))
      .toEqual([expect.stringContaining("for long")]);
    later.regained();
  });

  it("is told anew when it begins again while the first message is on its way", async () => {
    let take: (() => void) | undefined;
    receiver.answer = (response) => {
      if (take !== undefined) response.writeHead(204).end();
      else take = () => response.writeHead(204).end();
    };
    const told = trouble(100);
    const texts = () => receiver.received.map(({ body }) => JSON.parse(body).data.text);
    told.lost("for the first time");
    await expect.poll(() => take).toBeDefined();
    told.regained();
    told.lost("for the second time");
    // That the receiver takes the first one now says nothing of the second.
    take?.();
    await expect.poll(texts).toEqual([expect.stringContaining("first"), expect.stringContaining("second")]);
    told.regained();
  });
});
