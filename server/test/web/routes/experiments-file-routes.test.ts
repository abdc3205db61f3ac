import { expect, test } from "vitest";
import { setManager } from "../../../src/service/administer/acts/ownership.ts";
import { APPLY_BODY_BYTES_MAX } from "../../../src/web/http/web-options.ts";
import * as make from "../../support/make.ts";
import { GUARDED, TOKENS } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

test("a dry run changes nothing, however its flag is written, and what says neither yes nor no is refused", async () => {
  const context = make.context();
  const app = openApp(context);
  const apply = async (dry_run: unknown) => {
    const payload = { experiments: { here: { alternatives: ["red", "blue"] } }, dry_run };
    const answer = await app.inject({ method: "POST", url: "/apply", payload });
    return [answer.statusCode, answer.json().results?.[0].kind ?? answer.json().code];
  };
  expect(await apply(true)).toEqual([200, "made"]);
  expect(await apply("true")).toEqual([200, "made"]);
  for (const unclear of ["yes", 1]) expect(await apply(unclear)).toEqual([400, "invalid-form"]);
  expect(await context.store.definitions.list()).toEqual([]);
  expect(await apply(false)).toEqual([200, "made"]);
  expect(await context.store.definitions.list()).toHaveLength(1);
  await app.close();
});

test("takes the names of 10,000 experiments that stay, of editors alone, and archives what is none of them", async () => {
  const context = make.context();
  for (const name of ["kept", "gone"]) {
    await createExperiment(context, name);
    await setManager(context, { name, actor: "ann" }, "repo");
  }
  const app = openApp(context, GUARDED);
  const keep = ["kept", ...Array.from({ length: 10_000 }, (_, index) => `an-experiment-of-a-usual-name-${index}`)];
  const payload = JSON.stringify({ keep });
  const ask = (token: string, body = payload) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    return app.inject({ method: "POST", url: "/apply", headers, payload: body });
  };
  // Nothing is read of who may not: a body that is too long is no reason then.
  for (const [token, status] of [
    ["none", 401],
    [TOKENS.viewer, 403],
  ] as const) {
    expect((await ask(token)).statusCode).toBe(status);
    expect((await ask(token, "x".repeat(APPLY_BODY_BYTES_MAX + 1))).statusCode).toBe(status);
  }
  expect((await ask(TOKENS.editor, JSON.stringify({ keep: ["x".repeat(APPLY_BODY_BYTES_MAX)] }))).statusCode).toBe(413);
  const answer = await ask(TOKENS.editor);
  expect([answer.statusCode, answer.json().results]).toEqual([
    200,
    [{ name: "gone", kind: "archived", changes: expect.any(Array) }],
  ]);
  expect((await context.store.definitions.read("kept"))?.archived).toBe(false);
  await app.close();
});
