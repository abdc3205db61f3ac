import { describe, expect, test } from "vitest";
import { ROLES } from "../../../src/domain/role.ts";
import { ALL_ACTS } from "../../../src/service/administer/acts/undo.ts";
import { allows } from "../../../src/web/http/identity.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";
import { GUARDED, loggedIn, TOKENS } from "./people.ts";

const NAMES = { viewer: "vera", editor: "ed", admin: "ada" } as const;

async function dashboard() {
  const context = make.context();
  await createExperiment(context, "button");
  await record(context, "button", crowd(0, 3, 1));
  return { context, app: openApp(context, GUARDED) };
}

const FORM = { alternative_name: "blue", description: "x", version: "1" };

/** What each action and page asks for. A new action must be put here by hand: its role is a decision, not a default. */
const NEEDED = {
  pause: "editor",
  intake: "editor",
  archive: "editor",
  description: "editor",
  about: "editor",
  managed: "editor",
  notes: "editor",
  "notes/remove": "editor",
  plan: "editor",
  schedule: "editor",
  mute: "editor",
  undo: "editor",
  "winner/": "editor",
  "winner/reset/": "editor",
  "reset/": "admin",
  "delete/": "admin",
  "restore/": "admin",
  weights: "editor",
  traffic: "editor",
  layer: "editor",
  "traffic/release": "editor",
  policy: "editor",
  alternatives: "editor",
  "alternatives/<alternative>/retire": "editor",
  kpis: "editor",
  "kpis/describe": "editor",
  segments: "editor",
  "kpis/drop": "admin",
} as const;

test("every act is in the list above", () => {
  expect(Object.keys(NEEDED).sort()).toEqual(ALL_ACTS.map(({ path }) => path).sort());
});

test.each(ROLES)("the head of every page says that one is a %s", async (role) => {
  const browser = await loggedIn((await dashboard()).app, NAMES[role]);
  const { body } = await browser.get("/activity");
  expect(/<div class="visitor">(.*?)<form/s.exec(body)?.[1]?.replaceAll(/<.*?>/g, " ").trim()).toBe(
    `${NAMES[role]}  ${role}`,
  );
});

describe("roles", () => {
  test.each(ROLES)("of a %s let through what they may, and refuse the rest with a page that says why", async (role) => {
    for (const [path, needed] of Object.entries(NEEDED)) {
      const { app, context } = await dashboard();
      const browser = await loggedIn(app, NAMES[role]);
      const before = await context.store.definitions.list();
      for (const spelling of [path, path.endsWith("/") ? path.slice(0, -1) : `${path}/`]) {
        const answer = await browser.post(`/experiments/button/${spelling}`, FORM);
        if (allows(role, needed)) {
          expect([spelling, answer.statusCode]).not.toEqual([spelling, 403]);
        } else {
          expect([spelling, answer.statusCode]).toEqual([spelling, 403]);
          expect(answer.body).toContain(
            needed === "admin" ? "This needs the role admin. " : "This needs the role editor or admin. ",
          );
          expect(answer.body).toContain(role);
        }
      }
      if (!allows(role, needed)) expect(await context.store.definitions.list()).toEqual(before);
    }
  });

  test.each([
    ["reset", "admin"],
    ["delete", "admin"],
    ["archive", "editor"],
    ["winner", "editor"],
    ["winner/blue", "editor"],
    ["share", "editor"],
  ] as const)("the page that asks before %s is for the same people as the action", async (path, needed) => {
    const { app } = await dashboard();
    for (const role of ROLES) {
      const answer = await (await loggedIn(app, NAMES[role])).get(`/experiments/button/${path}`);
      expect([role, answer.statusCode]).toEqual([role, allows(role, needed) ? 200 : 403]);
    }
  });

  /** For scripts, pipelines, agents and colleagues. A door that is new must be put here by hand. */
  const DOORS = [
    ["GET", "/schemas/experiments.json", "public"],
    ["GET", "/experiments.yml", "viewer"],
    ["POST", "/apply", "editor"],
    ["POST", "/mcp", "viewer"],
    ["GET", "/experiments/button/calibration", "viewer"],
    ["GET", "/experiments/button/readout.md", "viewer"],
    ["GET", "/experiments/button/links", "editor"],
    ["POST", "/experiments/button/links", "editor"],
    ["POST", "/experiments/button/links/revoke", "editor"],
    ["GET", "/clients.json?client_id=ann", "editor"],
    ["GET", "/export.jsonl", "admin"],
    ["POST", "/forget", "admin"],
    ["GET", "/shared/made-up/", "public"],
  ] as const;

  test("doors open to the tokens of their role and of those above, and to nobody without", async () => {
    const { app } = await dashboard();
    for (const [method, url, needed] of DOORS) {
      for (const role of [...ROLES, undefined]) {
        const authorization = role === undefined ? {} : { authorization: `Bearer ${TOKENS[role]}` };
        const headers = { accept: "application/json", ...authorization };
        const { statusCode } = await app.inject({ method, url, headers, ...(method === "POST" && { payload: {} }) });
        const isIn = needed === "public" || (role !== undefined && allows(role, needed));
        const refusal = [401, 403].includes(statusCode) ? statusCode : undefined;
        expect([method, url, role, refusal]).toEqual([
          method,
          url,
          role,
          isIn ? undefined : role === undefined ? 401 : 403,
        ]);
      }
    }
  });

  test("a path that says nothing of roles is for viewers to read and for admins to change anything by", async () => {
    const { app } = await dashboard();
    for (const method of ["GET", "POST"] as const)
      app.route({ method, url: "/forgotten", handler: async () => "done" });
    for (const role of ROLES) {
      const headers = { authorization: `Bearer ${TOKENS[role]}` };
      const statuses = [];
      for (const method of ["GET", "POST"] as const) {
        statuses.push((await app.inject({ method, url: "/forgotten", headers })).statusCode);
      }
      expect([role, statuses]).toEqual([role, [200, role === "admin" ? 200 : 403]]);
      // A path that is none needs no role to be told so.
      expect((await app.inject({ method: "POST", url: "/nowhere", headers })).statusCode).toBe(404);
    }
  });

  test.each([
    "/",
    "/all",
    "/experiments/button/",
    "/experiments.json",
    "/experiments/button.json",
    "/activity",
    "/removed",
  ])("everybody with a login reads %s", async (url) => {
    const { app } = await dashboard();
    expect((await (await loggedIn(app, "vera")).get(url)).statusCode).toBe(200);
  });

  test("everybody with a login exports", async () => {
    const { app } = await dashboard();
    const answer = await (await loggedIn(app, "vera")).post("/experiments/button/export");
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain("Alternative Details");
  });

  test("only admins export clients with their ids", async () => {
    const { app } = await dashboard();
    for (const role of ROLES) {
      const answer = await (await loggedIn(app, NAMES[role])).get("/experiments/button/clients.csv");
      expect([role, answer.statusCode]).toEqual([role, role === "admin" ? 200 : 403]);
    }
  });

  test.each(["/clients", "/clients?client_id=0-2025-03-01-1", "/clients.json?client_id=0-2025-03-01-1"])(
    "only editors and admins look at a single client: %s",
    async (url) => {
      const { app } = await dashboard();
      for (const role of ROLES) {
        const answer = await (await loggedIn(app, NAMES[role])).get(url);
        expect([role, answer.statusCode]).toEqual([role, role === "viewer" ? 403 : 200]);
      }
    },
  );

  test("a viewer is shown no button for what only admins may do on the page of removed experiments", async () => {
    const { app } = await dashboard();
    const ada = await loggedIn(app, "ada");
    await ada.post("/experiments/button/delete/");
    expect((await ada.get("/removed")).body).toContain("Restore</button>");
    expect((await (await loggedIn(app, "vera")).get("/removed")).body).not.toContain("Restore</button>");
  });

  test("the log names who acted", async () => {
    const { app, context } = await dashboard();
    await (await loggedIn(app, "ed")).post("/experiments/button/pause");
    await (await loggedIn(app, "ada")).post("/experiments/button/reset/");
    expect((await context.store.activity.read({ limit: 5 })).map(({ actor, action }) => [actor, action])).toEqual([
      ["ada", "reset"],
      ["ed", "pause"],
    ]);
  });
});
