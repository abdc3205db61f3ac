import { describe, expect, test } from "vitest";
import { printToken } from "../../../src/cli/secrets.ts";
import type { World } from "../../../src/cli/world.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { ROLES } from "../../../src/domain/role.ts";
import { hashToken, makeToken, TOKEN_BYTES, verifyToken } from "../../../src/ops/token.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";
import { GUARDED, loggedIn, TOKENS, WITH_PASSWORDS } from "./people.ts";

async function dashboard(options = GUARDED) {
  const context = make.context();
  await createExperiment(context, "button");
  return { context, app: openApp(context, options) };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("a token", () => {
  test.each(ROLES)("of a %s reads JSON without a session", async (role) => {
    const { app } = await dashboard();
    for (const url of ["/experiments.json", "/experiments/button.json"]) {
      expect((await app.inject({ url, headers: bearer(TOKENS[role]) })).statusCode).toBe(200);
    }
  });

  test("acts without the token of a form, as far as its role goes, under its name", async () => {
    const { app, context } = await dashboard();
    const act = async (role: keyof typeof TOKENS, path: string) => {
      const headers = { ...bearer(TOKENS[role]), accept: "application/json" };
      return (await app.inject({ method: "POST", url: `/experiments/button/${path}`, headers })).statusCode;
    };
    expect(await act("viewer", "pause")).toBe(403);
    expect(await act("viewer", "export")).toBe(200);
    expect(await act("editor", "pause")).toBe(200);
    expect(await act("editor", "reset/")).toBe(403);
    expect(await act("admin", "reset/")).toBe(200);
    expect((await context.store.activity.read({ limit: 5 })).map(({ actor }) => actor)).toEqual([
      "admin-script",
      "editor-script",
    ]);
  });

  test("that is not known is refused, with a session or where nobody logs in, too", async () => {
    const headers = { ...bearer(makeToken(Buffer.alloc(TOKEN_BYTES, 9))), accept: "text/html" };
    const { app } = await dashboard();
    const browser = await loggedIn(app, "ada");
    expect((await browser.get("/experiments.json", headers)).statusCode).toBe(401);
    const open = await dashboard({ access: { mode: { kind: "open" }, tokens: [] } });
    expect((await open.app.inject({ url: "/", headers })).statusCode).toBe(401);
  });

  test.each([
    "Bearer",
    "Bearer ",
    "Basic YWRhOmFkYQ==",
    `bearer${TOKENS.admin}`,
    `Bearer ${TOKENS.admin} x`,
    TOKENS.admin,
  ])("is not read from %j", async (authorization) => {
    const { app } = await dashboard();
    expect((await app.inject({ url: "/experiments.json", headers: { authorization } })).statusCode).toBe(401);
  });

  test("of somebody else's making, which a proxy passes on, is no business of ours", async () => {
    const { app } = await dashboard();
    const browser = await loggedIn(app, "ada");
    const answer = await browser.get("/experiments.json", { authorization: "Bearer eyJhbGciOi.x.y" });
    expect(answer.statusCode).toBe(200);
  });

  test("has its own role where everybody else may do everything", async () => {
    const { app } = await dashboard({ access: { mode: { kind: "none" }, tokens: WITH_PASSWORDS.tokens } });
    const url = "/experiments/button/reset/";
    expect((await app.inject({ method: "POST", url, headers: bearer(TOKENS.viewer) })).statusCode).toBe(403);
  });
});

describe("a token's hash", () => {
  test("is of the token and no other, and hides it", () => {
    const token = makeToken(Buffer.alloc(TOKEN_BYTES, 7));
    expect(token).toMatch(/^sxp_[\w-]{43}$/);
    expect(hashToken(token)).toMatch(/^sha256\.[\w-]{43}$/);
    expect(verifyToken(token, hashToken(token))).toBe(true);
    expect(verifyToken(`${token}x`, hashToken(token))).toBe(false);
    expect(verifyToken(token, "")).toBe(false);
  });

  test("is printed as an entry of the configuration, the token beside it", () => {
    const printed = { out: "", err: "" };
    const output = (name: keyof typeof printed) => ({
      isTerminal: false,
      write: (text: string) => {
        printed[name] += text;
      },
    });
    const world = { out: output("out"), err: output("err"), randomBytes: (count: number) => Buffer.alloc(count, 4) };
    printToken(world as unknown as World, "ci", "editor");
    const token = /sxp_[\w-]+/.exec(printed.err)?.[0] ?? "";
    expect(printed.out).not.toContain(token);
    const outcome = loadConfig({
      flags: new Map(),
      configPath: undefined,
      env: { SIXPACK_CONFIG_API_TOKENS: printed.out.trim() },
      readFile: () => undefined,
    });
    expect(outcome).toMatchObject({
      kind: "loaded",
      config: { api_tokens: [{ name: "ci", role: "editor", token_hash: hashToken(token) }] },
    });
  });
});
