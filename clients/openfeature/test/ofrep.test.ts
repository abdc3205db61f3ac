/** The stock OFREP provider, which knows nothing of Sixpack, against the real server. */
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { Session } from "@sixpack/client";
import { afterAll, describe, expect, test } from "vitest";
import { sharedRealServer } from "../../test/support/servers.ts";

const real = sharedRealServer();

afterAll(() => OpenFeature.close());

describe("the stock OFREP provider", () => {
  test("gets the same alternatives as our client", async () => {
    const alternatives = ["red", "blue", "green"] as const;
    const session = (clientId: string) => new Session(real.url, { clientId, timeoutMs: 60_000 });
    await session("the-first").participate("stock", alternatives);
    await OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: real.url }));
    const flags = OpenFeature.getClient();
    for (let number = 0; number < 30; number += 1) {
      const targetingKey = `visitor-${number}`;
      const stock = await flags.getStringDetails("stock", "?", { targetingKey });
      expect(stock).toMatchObject({
        value: await session(targetingKey).participate("stock", alternatives),
        reason: "SPLIT",
      });
    }
    const details = await (await fetch(`${real.url}/experiments/stock`)).json();
    expect(details).toMatchObject({ total_participants: 31 });
  });
});
