import { expect, it } from "vitest";
import { keepCalling, type Outcome } from "../support/callers.ts";
import { start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";

const CALLERS = 16;

it("answers everybody who was let in before a SIGTERM, and has counted each of them", async () => {
  const cwd = await temporaryFolder();
  const server = start({ args: ["--port", "0", "--set", "drain_delay=5"], cwd });
  const [, url = ""] = await server.printed(/API +(\S+)/);
  const outcomes: Outcome[] = [];
  const callers = Array.from({ length: CALLERS }, (_, caller) => keepCalling(url, caller, outcomes));
  await expect.poll(() => outcomes.length).toBeGreaterThan(CALLERS * 10);
  expect((await server.stop("SIGTERM")).code).toBe(0);
  await Promise.all(callers);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: "answered", status: 200 });
  const again = start({ args: ["--port", "0"], cwd });
  const [, second = ""] = await again.printed(/API +(\S+)/);
  const details: unknown = await (await fetch(`${second}/experiments/drain`)).json();
  expect(details).toMatchObject({ total_participants: outcomes.length });
});
