/** The login at a provider, against a real one, with redirects. What attackers try is in sign-on-attacks.test.ts. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LOGIN_TRIES_PER_ADDRESS_MAX } from "../../../src/web/access/login-tries.ts";
import { SESSION_IDLE_MS } from "../../../src/web/access/session.ts";
import { SIGN_ON_TIME_MAX_MS } from "../../../src/web/access/single-sign-on.ts";
import { openApp } from "../support.ts";
import { tokenIn } from "./people.ts";
import { SignOnScene } from "./sign-on-scene.ts";
import type { Answer, Visitor } from "./visitor.ts";

let scene: SignOnScene;
let context: SignOnScene["context"];
let provider: SignOnScene["provider"];
let webUrl: string;

beforeAll(async () => {
  scene = await SignOnScene.start();
  ({ context, provider, webUrl } = scene);
});

afterAll(() => scene.stop());

beforeEach(() => {
  provider.isDown = false;
  provider.clockOffsetS = 0;
  provider.groups.set("ada", ["analysts", "platform"]).set("ed", ["shop-team", "analysts"]);
});

function newVisitor(): Visitor {
  return scene.newVisitor();
}

const isIn = ({ body }: Answer) => body.includes("Log out");

describe("a login at the provider", () => {
  test.each([
    ["vera", "viewer", [200, 403, 403]],
    ["ed", "editor", [200, 200, 403]],
    ["ada", "admin", [200, 200, 200]],
  ] as const)(
    "gives %s, who is %s by the highest of their groups, what that role may do",
    async (name, _role, statuses) => {
      const visitor = newVisitor();
      const page = await visitor.logIn(name, "/experiments/button/?kpi=");
      expect([page.status, page.url]).toEqual([200, `${webUrl}/experiments/button/?kpi=`]);
      expect(page.body).toContain(`${name}@example.com`);
      for (const [index, path] of ["/all", "/experiments/button/archive", "/experiments/button/reset"].entries()) {
        expect([path, (await visitor.open(path)).status]).toEqual([path, statuses[index]]);
      }
    },
  );

  test("uses PKCE and keeps its secrets: neither nonce nor verifier leave the server readable", async () => {
    const visitor = newVisitor();
    await visitor.logIn("ada");
    const asked = new URL(visitor.went.find((url) => url.startsWith(`${provider.issuer}/auth?`)) ?? "");
    expect(asked.searchParams.get("code_challenge_method")).toBe("S256");
    expect(asked.searchParams.get("response_type")).toBe("code");
    const [payload = ""] = (asked.searchParams.get("state") ?? "").split(".");
    expect(Object.keys(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as object).sort()).toEqual([
      "beganMs",
      "id",
      "next",
    ]);
  });

  test("has a session as after a password: closed to scripts, and its text no id of the provider", async () => {
    const answer = await fetch(`${webUrl}/login/start`, { redirect: "manual" });
    expect(answer.headers.getSetCookie().join()).toMatch(/sixpack_sign_on=.*Max-Age=600.*HttpOnly.*SameSite=Lax/i);
    const visitor = newVisitor();
    await visitor.logIn("ada");
    expect(visitor.cookie("sixpack_session")).toBeDefined();
  });

  test.each(["https://evil.example/", "//evil.example", "/\\evil.example", `/all?q=${"x".repeat(600)}`])(
    "leads nowhere else than here: %s",
    async (next) => {
      const page = await newVisitor().logIn("ada", `/login/start?next=${encodeURIComponent(next)}`);
      expect(page.url).toBe(`${webUrl}/`);
    },
  );

  test("works in two tabs at once, and reloading the way back does no harm", async () => {
    const visitor = newVisitor();
    const first = await visitor.open("/login/start?next=/paused");
    const second = await visitor.open("/login/start?next=/archived");
    expect((await visitor.open(second.url, { name: "ada" })).url).toBe(`${webUrl}/archived`);
    const late = await visitor.open(first.url, { name: "ada" });
    expect([late.status, isIn(late)]).toEqual([200, true]);
    const back = visitor.went.find((url) => url.startsWith(`${webUrl}/login/callback`)) ?? "";
    expect(isIn(await visitor.open(back))).toBe(true);
  });
});

describe("a login is refused", () => {
  test.each([
    ["nobody", 403, "nobody@example.com has no role here"],
    ["mallory", 403, "did not say who you are"],
    ["eve", 403, "did not say who you are"],
    ["", 403, "did not log you in"],
  ])("to %j, and says so", async (name, status, text) => {
    const visitor = newVisitor();
    const page = await visitor.logIn(name);
    expect([page.status, page.body]).toEqual([status, expect.stringContaining(text)]);
    expect(visitor.cookie("sixpack_session")).toBeUndefined();
  });

  test("in the provider's words, also where these hold a question mark", async () => {
    const visitor = newVisitor();
    const { url } = await visitor.open("/login/start");
    const state = new URL(visitor.went.findLast((went) => went.includes("state=")) ?? url).searchParams.get("state");
    const iss = encodeURIComponent(provider.issuer);
    const said = `error=access_denied&error_description=Why?&iss=${iss}&state=${state}`;
    const page = await visitor.open(`/login/callback?${said}`);
    expect([page.status, page.body]).toEqual([403, expect.stringContaining("did not log you in")]);
  });

  test("in another browser than the one in which it began, or when it was changed or took too long", async () => {
    const victim = newVisitor();
    const back = new URL(await scene.wayBack(newVisitor(), "ada"));
    await victim.open("/login/start");
    const changed = new URL(back);
    changed.searchParams.set("state", `${changed.searchParams.get("state")}x`);
    for (const url of [back, changed, new URL("/login/callback", webUrl), new URL("/login/callback?code=x", webUrl)]) {
      const page = await victim.open(url.href);
      expect([page.status, page.body]).toEqual([400, expect.stringContaining("begun in another browser")]);
    }
    const slow = newVisitor();
    const form = await slow.open("/");
    context.pass(SIGN_ON_TIME_MAX_MS);
    expect((await slow.open(form.url, { name: "ada" })).status).toBe(400);
    expect(slow.cookie("sixpack_session")).toBeUndefined();
  });

  test("when its code was used before, or the answer is of another login", async () => {
    const visitor = newVisitor();
    const [first, second] = [await visitor.open("/login/start"), await visitor.open("/login/start")];
    const backFrom = async ({ url }: Answer) => {
      await visitor.open(url, { name: "ada" });
      visitor.plant("sixpack_session", "");
      return new URL(visitor.went.findLast((went) => went.startsWith(`${webUrl}/login/callback`)) ?? "");
    };
    const used = await backFrom(first);
    expect((await visitor.open(used.href)).status).toBe(502);
    const mixed = await backFrom(second);
    mixed.searchParams.set("state", used.searchParams.get("state") ?? "");
    expect((await visitor.open(mixed.href)).status).toBe(502);
    expect(visitor.cookie("sixpack_session")).toBeUndefined();
  });

  test(`after ${LOGIN_TRIES_PER_ADDRESS_MAX} tries a minute from one address, and programs are told 401`, async () => {
    const visitor = newVisitor();
    for (let n = 0; n < LOGIN_TRIES_PER_ADDRESS_MAX; n += 1) {
      expect((await visitor.open("/login/callback")).status).toBe(400);
    }
    expect((await visitor.logIn("ada")).status).toBe(429);
    expect((await fetch(`${webUrl}/experiments.json`)).status).toBe(401);
  });
});

describe("a session of somebody whom the provider vouched for", () => {
  test("ends at the provider too, by a page that leads there", async () => {
    const visitor = newVisitor();
    const home = await visitor.logIn("ada");
    const session = visitor.cookie("sixpack_session") ?? "";
    const page = await visitor.open("/logout", { _csrf_token: tokenIn(home.body) ?? "" });
    const [, to = ""] = /^0; url=(.*)$/.exec(page.headers.get("refresh") ?? "") ?? [];
    expect(to.startsWith(`${provider.issuer}/session/end?`)).toBe(true);
    expect(new URL(to).searchParams.get("post_logout_redirect_uri")).toBe(`${webUrl}/login`);
    expect(new URL(to).searchParams.get("id_token_hint")).toMatch(/^ey/);
    const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec((await visitor.open(to)).body) ?? [];
    const out = await visitor.open(`${provider.issuer}/session/end/confirm`, { xsrf, logout: "yes" });
    expect([out.url, out.body]).toEqual([expect.stringMatching(`^${webUrl}/login`), expect.stringContaining("Log in")]);
    visitor.plant("sixpack_session", session);
    const again = await visitor.open("/");
    expect(again.url, "a copy of the cookie is worth nothing").toContain(`${provider.issuer}/interaction/`);
  });

  test("ends half a day after the login, however busy", async () => {
    const visitor = newVisitor();
    await visitor.logIn("ada");
    context.pass(SESSION_IDLE_MS / 2);
    expect((await visitor.open("/all")).url).toBe(`${webUrl}/all`);
    context.pass(SESSION_IDLE_MS / 2);
    const before = visitor.went.length;
    const again = await visitor.open("/all");
    expect([again.url, isIn(again)], "the provider still knows her, so no page of its own").toEqual([
      `${webUrl}/all`,
      true,
    ]);
    expect(visitor.went.slice(before).some((url) => url.startsWith(provider.issuer))).toBe(true);
  });

  test("has the role of its login until then, also when a group is taken from the person; the next login has what is left", async () => {
    const visitor = newVisitor();
    await visitor.logIn("ada");
    provider.groups.set("ada", ["analysts"]);
    expect((await visitor.open("/experiments/button/reset")).status).toBe(200);
    context.pass(SESSION_IDLE_MS);
    expect((await visitor.open("/experiments/button/reset")).status).toBe(403);
    expect(isIn(await visitor.open("/all"))).toBe(true);
  });

  test("ends in its browser as soon as the provider says that the person has no role any more", async () => {
    const visitor = newVisitor();
    await visitor.logIn("ed");
    const headers = { accept: "text/html", cookie: `sixpack_session=${visitor.cookie("sixpack_session")}` };
    provider.groups.set("ed", ["interns"]);
    const refused = await visitor.open("/login/start");
    expect([refused.status, refused.body.includes("has no role here")]).toEqual([403, true]);
    expect(isIn(await visitor.open("/all"))).toBe(false);
    const copied = await fetch(`${webUrl}/all`, { headers, redirect: "manual" });
    expect(copied.status, "a copy of the cookie is worth nothing").toBe(302);
  });

  test.each([
    ["a group has another role", (yaml: string) => yaml.replace("platform:admin", "platform:viewer")],
    ["the provider is another", (yaml: string) => yaml.replace(/oidc_client_id: .*/, "oidc_client_id: other")],
    ["the key is another", (yaml: string) => yaml.replace(/secret_key_file: .*/, "secret_key: quite another key")],
  ])("ends when %s, and outlives a restart without that", async (_what, change) => {
    const visitor = newVisitor();
    await visitor.logIn("ada");
    const headers = { accept: "text/html", cookie: `sixpack_session=${visitor.cookie("sixpack_session")}` };
    const restarted = openApp(context, await scene.optionsOf());
    expect((await restarted.inject({ url: "/", headers })).statusCode).toBe(200);
    const other = openApp(context, await scene.optionsOf(change));
    expect((await other.inject({ url: "/", headers })).statusCode).toBe(302);
  });

  test("gives a form back to whoever was logged out meanwhile, with the login in another tab", async () => {
    const visitor = newVisitor();
    const form = { description: "typed for an hour" };
    const page = await visitor.open("/experiments/button/description", form);
    expect(page.status).toBe(401);
    expect(page.body).toContain("typed for an hour");
    expect(page.body).toMatch(/<a href="\/login\/start" target="_blank" rel="noopener">/);
    await visitor.logIn("ada", "/login/start");
    const again = await visitor.open("/experiments/button/description", {
      ...form,
      _csrf_token: tokenIn(page.body) ?? "",
    });
    expect([again.status, again.body]).toEqual([403, expect.stringContaining("typed for an hour")]);
    const token = tokenIn(again.body) ?? "";
    expect((await visitor.open("/experiments/button/description", { ...form, _csrf_token: token })).status).toBe(200);
  });
});

describe("a provider", () => {
  test("that changes its keys between two logins, with no time between, logs in all the same", async () => {
    expect(isIn(await newVisitor().logIn("ada"))).toBe(true);
    provider.rotateKeys();
    expect(isIn(await newVisitor().logIn("ada"))).toBe(true);
  });

  test.each([
    [50, 200],
    [-65, 200],
    [-180, 502],
  ])("whose clock is %i seconds off, with tokens of 10 seconds, answers %i", async (offset, status) => {
    provider.clockOffsetS = offset;
    const page = await newVisitor().logIn("ada");
    expect(page.status).toBe(status);
    if (status !== 200) expect(page.body).toContain("clock");
  });

  test("that is down closes the login and nothing else, also at the start, and opens it when it is back", async () => {
    provider.isDown = true;
    const lines: string[] = [];
    const cold = openApp(context, await scene.optionsOf());
    cold.log.warn = (...parts: unknown[]) => void lines.push(JSON.stringify(parts));
    await cold.ready();
    const start = () => cold.inject({ url: "/login/start", headers: { accept: "text/html" } });
    const page = await start();
    expect([page.statusCode, page.body]).toEqual([503, expect.stringContaining("does not answer")]);
    expect(lines.join()).toContain("logins fail until it does");
    expect((await cold.inject("/_status")).statusCode).toBe(200);
    provider.isDown = false;
    await expect.poll(async () => (await start()).statusCode).toBe(302);
    await cold.close();
  });

  test("that goes away while somebody is there says so, and sessions go on", async () => {
    const inside = newVisitor();
    const home = await inside.logIn("ada");
    const visitor = newVisitor();
    const back = await scene.wayBack(visitor, "ed");
    const form = await visitor.open("/login/start");
    provider.isDown = true;
    expect(isIn(await inside.open("/all"))).toBe(true);
    expect(form.status).toBe(200);
    expect(new URL(back).searchParams.get("code")).not.toBeNull();
    expect((await inside.open("/logout", { _csrf_token: tokenIn(home.body) ?? "" })).status).toBe(200);
    expect(inside.cookie("sixpack_session")).toBeUndefined();
  });
});
