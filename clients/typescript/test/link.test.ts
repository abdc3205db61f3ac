/** What one session alone can't show: conformance/clients.json has the rest. */
import { describe, expect, test } from "vitest";
import { sharedRealServer } from "../../test/support/servers.ts";
import { Session } from "../src/index.ts";
import { link } from "../src/link.ts";

const PATIENT = { timeoutMs: 60_000 };

const real = sharedRealServer();

describe("a visitor who logs in", () => {
  test("keeps the alternative, and is one participant by either id", async () => {
    for (let visitor = 0; visitor < 8; visitor += 1) {
      const before = new Session(real.url, { ...PATIENT, clientId: `cookie-${visitor}` });
      const after = new Session(real.url, { ...PATIENT, clientId: `account-${visitor}` });
      const shown = await before.participate("sign-in", ["form", "button"]);
      expect(await link(after, before.clientId)).toBe(true);
      expect(await after.participate("sign-in", ["form", "button"])).toBe(shown);
      expect(await after.convert("sign-in")).toBe(true);
      expect(await before.convert("sign-in")).toBe(true);
    }
    const details = await (await fetch(`${real.url}/experiments/sign-in`)).json();
    expect(details).toMatchObject({ total_participants: 8, total_conversions: 8 });
  });

  test("is linked in the one experiment that is named", async () => {
    const before = new Session(real.url, { ...PATIENT, clientId: "cookie" });
    const after = new Session(real.url, { ...PATIENT, clientId: "account" });
    for (const name of ["named", "other"]) await before.participate(name, ["a", "b"]);
    expect(await link(after, before.clientId, "named")).toBe(true);
    for (const name of ["named", "other"]) await after.participate(name, ["a", "b"]);
    const participants = ["named", "other"].map(async (name) => {
      const details = await (await fetch(`${real.url}/experiments/${name}`)).json();
      return details.total_participants;
    });
    expect(await Promise.all(participants)).toEqual([1, 2]);
  });
});
