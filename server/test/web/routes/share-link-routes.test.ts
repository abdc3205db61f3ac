import { expect, test, vi } from "vitest";
import { DAY_MS } from "../../../src/lib/time.ts";
import { changeDefinition } from "../../../src/service/change.ts";
import { SHARE_LINKS_MAX, sweepShareLinks } from "../../../src/service/share-links.ts";
import { sign } from "../../../src/web/http/signature.ts";
import * as make from "../../support/make.ts";
import { Browser, GUARDED, loggedIn, TOKENS } from "../access/people.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

const SECRET = "a secret for tests";
const PAGE = { accept: "text/html" };

async function dashboard() {
  let nowMs = make.NOW_MS;
  const context = make.context({ clock: make.clock(() => nowMs) });
  for (const name of ["button", "secret"]) {
    await createExperiment(context, name, ["red", "blue"], { description: `About ${name}` });
    await record(context, name, [...crowd(0, 40, 20, "2025-02-20"), ...crowd(1, 40, 30, "2025-02-20")]);
  }
  const app = openApp(context, GUARDED);
  const api = async (url: string, payload?: object, role: keyof typeof TOKENS = "editor") => {
    const headers = { accept: "application/json", authorization: `Bearer ${TOKENS[role]}` };
    const answer = await app.inject({
      method: payload === undefined ? "GET" : "POST",
      url,
      headers,
      ...(payload && { payload }),
    });
    return { status: answer.statusCode, body: answer.json() };
  };
  const share = async (name = "button", payload: object = {}): Promise<{ id: string; url: string }> => {
    const { link } = (await api(`/experiments/${name}/links`, payload)).body;
    return { id: link.id, url: new URL(link.url).pathname };
  };
  const wait = (ms: number) => {
    nowMs += ms;
  };
  const open = (url: string, headers: object = {}) => app.inject({ url, headers: { ...PAGE, ...headers } });
  return { context, app, api, share, open, wait };
}

test("a link opens one experiment to people without a login, and every way on that page leads back to it", async () => {
  const { app, share, open } = await dashboard();
  const { url } = await share();
  const page = await open(url);
  expect(page.statusCode).toBe(200);
  expect(page.headers["x-robots-tag"]).toContain("noindex");
  expect(page.headers["set-cookie"]).toBeUndefined();
  expect(page.body).toContain("About button");
  expect(page.body).toContain('id="decision"');
  expect(page.body).not.toContain("secret");
  expect(page.body).not.toMatch(/method="post"|_csrf_token|data-watch/);
  const ways = (body: string) =>
    [...body.matchAll(/(?:href|action|src)="([^"]*)"/g)].map(([, way = ""]) => way.replaceAll("&amp;", "&"));
  const seen = new Set([url]);
  for (const address of seen) {
    const { body, statusCode } = await open(address);
    expect([address, statusCode]).toEqual([address, 200]);
    for (const way of ways(body)) {
      if (way.startsWith("#") || way.startsWith("/assets/")) continue;
      expect(way.startsWith(url), way).toBe(true);
      if (seen.size < 40) seen.add(way.split("#")[0] ?? "");
    }
  }
  expect(seen.size).toBeGreaterThan(8);
  // Whoever is logged in sees what they shared, and keeps the cookies of open forms.
  const ada = await loggedIn(app, "ada");
  const theirs = await ada.get(url);
  expect(theirs.body).toBe(page.body);
  expect(theirs.headers["set-cookie"]).toBeUndefined();
});

test("a link is no door to anything else", async () => {
  const { app, share, open, context } = await dashboard();
  const { id, url } = await share();
  const other = await share("secret");
  const token = url.split("/")[2] ?? "";
  // The first look writes down what it notices.
  await open(url);
  await open(other.url);
  const before = await context.store.definitions.list();
  const missing = (await open("/shared/nothing/")).body;
  for (const forged of [
    id,
    `${id}.`,
    `${token}A`,
    token.slice(0, -1),
    `${token}.${token}`,
    `${other.id}.${token.split(".")[1]}`,
    `${id}.${sign("another secret", "share", id)}`,
    `${id}.${sign(SECRET, "change", id)}`,
    `${id}.${sign(SECRET, "session", id)}`,
    // Signed as ours, never made.
    `AAAA.${sign(SECRET, "share", "AAAA")}`,
    "__proto__",
    `__proto__.${sign(SECRET, "share", "__proto__")}`,
    `.${sign(SECRET, "share", "")}`,
    "%00",
    "x".repeat(2_000),
  ]) {
    const answer = await open(`/shared/${forged}/`);
    expect([forged, answer.statusCode, answer.body]).toEqual([forged, 404, missing]);
  }
  // Below the link, beside it, and with the token wherever a program might show it.
  for (const path of [
    `${url}../../`,
    `${url}%2e%2e/%2e%2e/all`,
    `${url}export.csv`,
    `${url}clients.csv`,
    `${url}summary.md`,
    `${url}secret`,
    `${url}pause`,
    "/shared/",
    `/experiments/button/?token=${token}`,
    "/experiments/secret/",
    "/experiments/button.json",
    "/experiments/button/chart.svg",
    "/experiments/button/links",
    "/activity",
    "/events?watch=experiment:button",
    "/search?q=secret",
    "/method",
    "/clients?client_id=1",
    "/all",
    "/feed.atom",
  ]) {
    for (const headers of [
      {},
      { authorization: `Bearer ${token}` },
      { cookie: `sixpack_session=${token}` },
      { referer: `http://localhost${url}` },
    ]) {
      const answer = await open(path, headers);
      expect([path, [200, 304].includes(answer.statusCode)]).toEqual([path, false]);
      expect(answer.body).not.toContain("About");
    }
  }
  for (const name of ["kpi", "baseline", "name", "experiment"]) {
    expect((await open(`${url}?${name}=secret`)).body).not.toContain("About secret");
  }
  for (const method of ["POST", "PUT", "DELETE", "PATCH"] as const) {
    const answer = await app.inject({ method, url, headers: PAGE, payload: { alternative_name: "blue" } });
    expect([method, answer.headers.location?.startsWith("/login")]).toEqual([method, true]);
  }
  const stranger = new Browser(app);
  await stranger.get(url);
  expect([...stranger.cookies.keys()]).toEqual([]);
  expect((await stranger.post("/experiments/button/pause")).statusCode).not.toBe(302);
  expect(await context.store.definitions.list()).toEqual(before);
});

test("a link ends on its day, when it is taken back, and with the life of its experiment", async () => {
  const { share, open, api, wait, context } = await dashboard();
  const works = async (url: string) => (await open(url)).statusCode === 200;
  const [short, long, revoked] = [
    await share("button", { days: 1 }),
    await share("button", { days: 365 }),
    await share(),
  ];
  expect((await api("/experiments/button/links/revoke", { id: revoked.id })).body).toEqual({ status: "ok" });
  expect((await api("/experiments/button/links/revoke", { id: revoked.id })).status).toBe(404);
  expect((await api("/experiments/secret/links/revoke", { id: long.id })).status).toBe(404);
  expect([await works(short.url), await works(long.url), await works(revoked.url)]).toEqual([true, true, false]);
  wait(DAY_MS - 1);
  expect(await works(short.url)).toBe(true);
  wait(1);
  expect([await works(short.url), await works(long.url)]).toEqual([false, true]);
  const ids = (await api("/experiments/button/links")).body.links.map(({ id }: { id: string }) => id);
  expect(ids).toEqual([long.id]);
  await api("/experiments/button/reset/", {}, "admin");
  expect(await works(long.url)).toBe(false);
  await api("/experiments/button/restore/", {}, "admin");
  expect(await works(long.url)).toBe(true);
  await api("/experiments/button/delete/", {}, "admin");
  await createExperiment(context, "button");
  expect(await works(long.url)).toBe(false);
});

test("a clock that is ahead for a while costs no link anything, and what has surely run out is swept", async () => {
  const { share, open, wait, context } = await dashboard();
  const kept = await share("button", { days: 1 });
  wait(9 * DAY_MS);
  expect((await open(kept.url)).statusCode).toBe(404);
  const later = await share("secret");
  wait(-9 * DAY_MS);
  expect((await open(kept.url)).statusCode).toBe(200);
  await context.store.notes.swap("share-links", "newer", null, '{"of":"a later version"}');
  const left = async (endedByMs: number) => {
    await sweepShareLinks(context.store, endedByMs);
    return new Set((await context.store.notes.read("share-links")).keys());
  };
  expect(await left(make.NOW_MS + DAY_MS - 1)).toEqual(new Set([kept.id, later.id, "newer"]));
  expect(await left(make.NOW_MS + DAY_MS)).toEqual(new Set([later.id, "newer"]));
});

test("people outside see what is tried and what came out, and nothing that colleagues wrote for each other", async () => {
  const { api, app, share, open, context } = await dashboard();
  const inside = {
    owner: "olga.inside",
    tags: "tag-inside",
    ticket: "https://tickets.inside.example/SHOP-1",
    note: "note-inside",
    reason: "reason-inside",
    "managed by": "managed by repo",
  };
  const { owner, tags, ticket } = inside;
  await api("/experiments/button/about", { owner, tags, ticket, hypothesis: "Blue is easier to see" });
  await api("/experiments/button/notes", { day: "2025-02-21", text: inside.note });
  await api("/experiments/button/winner/", { alternative_name: "blue", reason: inside.reason });
  await changeDefinition(context.store, "button", (experiment) => ({ ...experiment, managedBy: "repo" }));
  const { url } = await share();
  const forms = ["", "readout", "readout.md", "readout.svg", "?chart=participants", "?kpi=&from=2025-02-19"];
  const shared = await Promise.all(forms.map(async (form) => (await open(url + form)).body));
  // Colleagues see it all, so what is looked for is there to be found.
  const ed = await loggedIn(app, "ed");
  const ours = (await ed.get("/experiments/button/")).body;
  for (const [what, text] of Object.entries(inside)) {
    expect(ours, what).toContain(text);
    for (const body of shared) expect(body, what).not.toContain(text);
  }
  for (const body of shared.slice(0, 3)) expect(body).toContain("Blue is easier to see");
  expect(shared[0]).toContain("About button");
  expect(shared[0]).toContain("When blue was set");
});

test("a link shows nothing of a new life that begins while it is opened", async () => {
  const { share, open, api, context } = await dashboard();
  const { url } = await share();
  const { definitions } = context.store;
  const read = definitions.read.bind(definitions);
  vi.spyOn(definitions, "read").mockImplementationOnce(async (name) => {
    const stored = await read(name);
    await api("/experiments/button/reset/", {}, "admin");
    return stored;
  });
  expect((await open(url)).statusCode).toBe(404);
});

test("editors make links and take them back, on a page and as programs, and the log has it", async () => {
  const { app, api, open, context } = await dashboard();
  expect((await (await loggedIn(app, "vera")).get("/experiments/button/links")).statusCode).toBe(403);
  expect((await api("/experiments/button/links", {}, "viewer")).status).toBe(403);
  expect((await api("/experiments/button/links/revoke", { id: "x" }, "viewer")).status).toBe(403);
  const ed = await loggedIn(app, "ed");
  expect((await ed.get("/experiments/button/")).body).toContain("/experiments/button/links");
  expect((await (await loggedIn(app, "vera")).get("/experiments/button/")).body).not.toContain("button/links");
  await ed.post("/experiments/button/links", { days: "7" });
  const page = (await ed.get("/experiments/button/links")).body;
  const address = /http:\/\/[^<"]*\/shared\/[^<"]*/.exec(page)?.[0] ?? "";
  expect(page).toContain("Made by ed on 2025-03-01, opens until 2025-03-08");
  expect((await ed.get("/activity")).body.replace(/<[^>]+>/g, "")).toContain("until 2025-03-08 12:00 UTC");
  expect((await open(new URL(address).pathname)).statusCode).toBe(200);
  const id = /name="id" value="([^"]*)"/.exec(page)?.[1] ?? "";
  await ed.post("/experiments/button/links/revoke", { id });
  expect((await ed.get("/experiments/button/links")).body).toContain("None.");
  const log = await context.store.activity.read({ experiment: "button", limit: 9 });
  expect(log.map(({ actor, action }) => [actor, action])).toEqual([
    ["ed", "revoke-share"],
    ["ed", "share"],
  ]);
  // The log names the link, and doesn't open it.
  expect(JSON.stringify(log)).not.toContain(new URL(address).pathname.split(".")[1]);
  for (const days of ["0", "366", "1.5", "-1", "1e9", "soon", 0, 366, 1.5]) {
    expect([days, (await api("/experiments/button/links", { days })).status]).toEqual([days, 400]);
  }
  // Also those that come at the same time.
  const made = await Promise.all(
    Array.from({ length: SHARE_LINKS_MAX + 3 }, () => api("/experiments/button/links", {})),
  );
  expect(made.filter(({ status }) => status === 200)).toHaveLength(SHARE_LINKS_MAX);
  expect((await api("/experiments/button/links", {})).status).toBe(400);
  expect((await api("/experiments/secret/links", {})).status).toBe(200);
});

test("what is kept of a link and makes no sense opens nothing, and costs no other link anything", async () => {
  const { context, api, share, open } = await dashboard();
  for (const [id, text] of [
    ["torn", '{"experiment":"but'],
    ["typed", "7"],
    ["empty", ""],
  ] as const) {
    await context.store.notes.swap("share-links", id, null, text);
    expect((await open(`/shared/${id}.${sign(SECRET, "share", id)}/`)).statusCode).toBe(404);
  }
  const { id, url } = await share();
  expect((await open(url)).statusCode).toBe(200);
  expect((await api("/experiments/button/links")).body.links).toMatchObject([{ id }]);
});
