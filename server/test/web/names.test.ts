/** Any name of an experiment through every page, form, file and address of the dashboard. */
import fc from "fast-check";
import type { FastifyInstance } from "fastify";
import { beforeEach, describe, expect, it, test } from "vitest";
import { NAME_LENGTH_MAX } from "../../src/domain/names.ts";
import { shownName } from "../../src/lib/shown-name.ts";
import { experimentJsonUrl, experimentUrl } from "../../src/web/http/urls.ts";
import { rowsOf } from "../support/csv.ts";
import * as make from "../support/make.ts";
import { anyName, HOSTILE_NAMES } from "../support/names.ts";
import { openApp } from "./support.ts";

const HTML = { accept: "text/html" };
const JSON_ONLY = { accept: "application/json" };
const FORM = { ...HTML, "content-type": "application/x-www-form-urlencoded" };
/** What browsers keep of a cookie: name, value and attributes. */
const COOKIE_BYTES_MAX = 4_096;

let context: make.TestContext;
let app: FastifyInstance;
let uses = 0;
/** Names in one dashboard: making one takes longer than a page, and a list shows all of these. */
const USES_MAX = 8;
beforeEach(() => {
  if (uses % USES_MAX === 0) openAnother();
  uses += 1;
});

function openAnother(): void {
  context = make.context();
  app = openApp(context, { debug: true });
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };

function decoded(html: string): string {
  return html.replace(/&(lt|gt|quot|#39|amp);/g, (_, entity: string) => ENTITIES[entity] ?? "");
}

/** Values of an attribute of a page. */
function attributes(body: string, name: string): readonly string[] {
  return [
    ...new Set([...body.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value]) => decoded(value ?? ""))),
  ];
}

/** Where a browser goes that stands on `page` and follows `address`. */
function resolved(address: string, page: string): string {
  const url = new URL(address, `http://localhost:5001${page}`);
  expect(url.origin).toBe("http://localhost:5001");
  return `${url.pathname}${url.search}`;
}

async function page(url: string): Promise<string> {
  const answer = await app.inject({ url: resolved(url, "/"), headers: HTML });
  expect(answer.statusCode, `${url}: ${answer.body.slice(0, 300)}`).toBe(200);
  // A tag that no template of ours writes would be one that a name has smuggled in.
  expect(answer.body).not.toMatch(/<img|alert\(1\)<\/script>|<b>/);
  return answer.body;
}

function post(url: string, fields: Readonly<Record<string, string>> = {}, headers: Record<string, string> = FORM) {
  return app.inject({
    method: "POST",
    url: resolved(url, "/"),
    headers,
    payload: new URLSearchParams(fields).toString(),
  });
}

async function declare(name: string): Promise<void> {
  const { headers, statusCode } = await post("/experiments", { name, alternatives: "red,blue" });
  expect(statusCode).toBe(302);
  expect(headers.location).toBe(experimentUrl(name));
}

function heading(body: string): string {
  return decoded(/<h1[^>]*>(.*?)<\/h1>/s.exec(body)?.[1] ?? "");
}

/** Everything that a page leads to, and what it leads to from there: each about this experiment and no other. */
async function followLinks(name: string): Promise<void> {
  const start = experimentUrl(name);
  const body = await page(start);
  expect(heading(body)).toContain(shownName(name));
  const links = attributes(body, "href").filter((href) => href.startsWith("/experiments/"));
  expect(links.length).toBeGreaterThan(10);
  const visited = new Set<string>();
  for (const link of links) {
    expect(link).toMatch(/^\/experiments\/[^/]+(?:\/|\.json)/);
    const url = resolved(link, start);
    const [path = ""] = url.split("?");
    // The name is in the path: what stands behind it is the same under every name.
    if (visited.has(path)) continue;
    visited.add(path);
    const { statusCode, headers, body: text } = await app.inject({ url, headers: HTML });
    // Its neighbours are others.
    if (/\/(?:next|previous)$/.test(path)) {
      expect([statusCode, headers.location]).toEqual([302, expect.stringMatching(/^\/(?:experiments\/[^/]+\/)?$/)]);
      continue;
    }
    expect(statusCode, `${link}: ${text.slice(0, 300)}`).toBe(200);
    if (!text.startsWith("<!doctype")) continue;
    // Said in the address to which a form goes, or in words where there is no form.
    const forms = attributes(text, "action").filter((action) => action !== "/theme");
    if (forms.length === 0) expect(heading(text)).toContain(shownName(name));
    else expect(forms.join()).toContain(encodeURIComponent(name));
  }
}

describe("the pages of an experiment", () => {
  test.each(HOSTILE_NAMES)("are found by every link to them, called %j", async (name) => {
    await declare(name);
    await followLinks(name);
    for (const list of ["/", "/all", "/all?view=cards", "/activity"]) {
      const body = await page(list);
      expect(attributes(body, "href")).toContain(experimentUrl(name));
      expect(decoded(body)).toContain(shownName(name));
    }
    // The filter of the log is a field that can be sent again as it is shown.
    const log = `/activity?experiment=${encodeURIComponent(name)}`;
    const filtered = await page(log);
    expect(attributes(filtered, "value")).toContain(name);
    expect(attributes(filtered, "href")).toContain(experimentUrl(name));
  });

  it("are those of this experiment where names look like addresses of each other", async () => {
    openAnother();
    const names = ["a", "a/", "a/winner/reset", "a/delete", "a.json", "a.json.json", ".json", "a%2Fdelete", "a?kpi=b"];
    for (const name of names) await declare(name);
    for (const name of names) {
      expect(heading(await page(experimentUrl(name)))).toContain(name);
      const { json } = await app.inject({ url: experimentJsonUrl(name), headers: JSON_ONLY });
      expect(json()).toMatchObject({ name });
    }
    await post("/experiments/a/delete/");
    const { experiments } = (await app.inject({ url: "/experiments.json?status=all" })).json();
    expect(experiments.map(({ name }: { name: string }) => name).toSorted()).toEqual(names.slice(1).toSorted());
  });

  it("lead nowhere else under any name", async () => {
    await fc.assert(
      fc.asyncProperty(anyName, async (name) => {
        openAnother();
        await declare(name);
        await followLinks(name);
      }),
      { numRuns: 15 },
    );
  });
});

describe("an act on an experiment", () => {
  test.each(HOSTILE_NAMES)("is done, told on the next page and undone there, called %j", async (name) => {
    await declare(name);
    const body = await page(experimentUrl(name));
    const pause = attributes(body, "action").find((action) => action.endsWith("/pause")) ?? "";
    const paused = await post(pause, { paused: "true" });
    expect(paused.headers.location).toBe(experimentUrl(name));
    const [cookie] = paused.cookies;
    expect(String(paused.headers["set-cookie"]).length).toBeLessThan(COOKIE_BYTES_MAX);
    const next = await app.inject({
      url: String(paused.headers.location),
      headers: { ...HTML, cookie: `${cookie?.name}=${cookie?.value}` },
    });
    expect(decoded(next.body)).toContain(`control of ${shownName(name)}.`);
    const undo = attributes(next.body, "action").find((action) => action.endsWith("/undo")) ?? "";
    const fields = { at_ms: /name="at_ms" value="(\d+)"/.exec(next.body)?.[1] ?? "", action: "pause" };
    expect((await post(undo, fields)).headers.location).toBe(experimentUrl(name));
    const { json } = await app.inject({ url: experimentJsonUrl(name) });
    expect(json()).toMatchObject({ name, is_paused: false });
  });

  test.each(HOSTILE_NAMES)("that loses it asks for its name as the page shows it, called %j", async (name) => {
    await declare(name);
    const ask = await page(`/experiments/${encodeURIComponent(name)}/delete`);
    const action = attributes(ask, "action").find((path) => path.endsWith("/delete/")) ?? "";
    for (const wrong of ["another", ""]) expect((await post(action, { confirm_name: wrong })).statusCode).toBe(400);
    const shown = decoded(/Type <strong>(.*?)<\/strong>/s.exec(ask)?.[1] ?? "");
    const deleted = await post(action, { confirm_name: shown });
    expect(deleted.headers.location).toBe("/");
    const removed = await page("/removed");
    const restore = attributes(removed, "action").find((path) => path.endsWith("/restore/")) ?? "";
    expect((await post(restore)).headers.location).toBe(experimentUrl(name));
    // What was typed by a program is the name itself.
    expect((await post(action, { confirm_name: name })).headers.location).toBe("/");
    await declare(name);
  });

  it("answers programs with the name as it is", async () => {
    openAnother();
    for (const name of HOSTILE_NAMES) {
      const payload = JSON.stringify({ name, alternatives: ["red", "blue"] });
      const headers = { ...JSON_ONLY, "content-type": "application/json" };
      const { json } = await app.inject({ method: "POST", url: "/experiments", headers, payload });
      expect(json()).toMatchObject({ status: "ok", name });
    }
    const { experiments } = (await app.inject({ url: "/experiments.json?q=my+test" })).json();
    const found = experiments.map(({ name }: { name: string }) => name);
    expect(found.toSorted()).toEqual(["my test", "my.test"]);
  });
});

describe("a file of an experiment", () => {
  test.each(HOSTILE_NAMES)(
    "has a name that every system takes, and the experiment's in it as it is, called %j",
    async (name) => {
      await declare(name);
      const experiment = await context.store.definitions.read(name as never);
      if (experiment === undefined) throw new Error("Expected an experiment");
      const at = (end: string) => `/experiments/${encodeURIComponent(name)}/${end}`;
      for (const [method, url, end] of [
        ["GET", at("export.csv"), ".csv"],
        ["GET", at("clients.csv"), "-clients.csv"],
        ["POST", at("export"), ".csv"],
      ] as const) {
        const { headers, statusCode } = await app.inject({ method, url, headers: FORM });
        expect(statusCode).toBe(200);
        const disposition = String(headers["content-disposition"]);
        const [, plain, full] =
          /^attachment; filename="([\w.-]+)"(?:; filename\*=UTF-8''([\w.%-]+))?$/.exec(disposition) ?? [];
        expect(plain?.endsWith(end), disposition).toBe(true);
        for (const file of [plain ?? "", decodeURIComponent(full ?? plain ?? "")]) {
          expect(Buffer.byteLength(file)).toBeLessThanOrEqual(255);
          expect(file).toMatch(/^[\p{L}\p{M}\p{N}_.-]+$/u);
        }
      }
      const compat = rowsOf((await post(at("export"))).body);
      expect(compat).toContainEqual([`"${name}" Summary`]);
      const markdown = (await app.inject({ url: at("summary.md") })).body;
      expect(markdown.split("\n")[0]?.replace(/\\(\W|_)/g, "$1")).toBe(`# ${shownName(name)}`);
    },
  );

  it("keeps letters of every script in its name", async () => {
    await declare("Größe 日本語/x");
    const { headers } = await app.inject({ url: `${experimentUrl("Größe 日本語/x")}export.csv` });
    expect(headers["content-disposition"]).toBe(
      `attachment; filename="Gr__e_____x.csv"; filename*=UTF-8''${encodeURIComponent("Größe_日本語_x.csv")}`,
    );
  });
});

describe("a name as pages show it", () => {
  it("is the name itself, unless something in it can't be seen", () => {
    for (const name of ["my test", "a/b", "<b>", "日本語", "שלום", "e\u0301", "🎲", "👨‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
      expect(shownName(name)).toBe(name);
    expect(shownName(" a")).toBe('" a"');
    expect(shownName("a  b")).toBe('"a  b"');
    expect(shownName("\u202eabc")).toBe('"\\u{202e}abc"');
    expect(shownName("a\u00a0b")).toBe('"a\\u{a0}b"');
    expect(shownName("\u200d")).toBe('"\\u{200d}"');
    expect(shownName(" ")).toBe('" "');
  });

  it("has something to see, whatever the name", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(shownName(name)).toMatch(/[^\p{Default_Ignorable_Code_Point}\p{Z}]/u);
        expect(shownName(name).length).toBeLessThan(12 * NAME_LENGTH_MAX);
      }),
    );
  });
});
