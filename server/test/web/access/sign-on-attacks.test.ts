/** Single sign-on under attack, in the ways that RFC 9700 lists: what an attacker brings into another one's browser. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tokenIn } from "./people.ts";
import { SignOnScene } from "./sign-on-scene.ts";
import type { Visitor } from "./visitor.ts";

let scene: SignOnScene;
beforeAll(async () => {
  scene = await SignOnScene.start();
});
afterAll(() => scene.stop());

/** Who the dashboard takes the visitor for; `undefined` for nobody. */
async function personOf(visitor: Visitor): Promise<string | undefined> {
  const page = await visitor.open("/", undefined, scene.provider.issuer);
  return page.status === 200 ? /([a-z]+)@example\.com/.exec(page.body)?.[1] : undefined;
}

async function logOut(visitor: Visitor): Promise<void> {
  const home = await visitor.open("/");
  await visitor.open("/logout", { _csrf_token: tokenIn(home.body) ?? "" });
}

describe("an attacker's own way back, brought into another browser", () => {
  test.each([
    ["that never began a login", async (_victim: Visitor) => {}],
    ["that is at the provider", async (victim: Visitor) => void (await victim.open("/login/start"))],
    ["that was at the provider, and is back", async (victim: Visitor) => void (await victim.logIn("vera"))],
  ])("%s logs nobody in as the attacker", async (_what, before) => {
    const victim = scene.newVisitor();
    await before(victim);
    const person = await personOf(victim);
    const session = victim.cookie("sixpack_session");
    const answer = await victim.open(await scene.wayBack(scene.newVisitor(), "ada"));
    expect(answer.status).toBe(person === undefined ? 400 : 200);
    expect([await personOf(victim), victim.cookie("sixpack_session")]).toEqual([person, session]);
  });

  test("with the attacker's state and a code of the victim's, or the reverse, logs nobody in", async () => {
    const [victim, attacker] = [scene.newVisitor(), scene.newVisitor()];
    const own = new URL(await scene.wayBack(victim, "vera"));
    const foreign = new URL(await scene.wayBack(attacker, "ada"));
    for (const [from, to] of [
      [foreign, own],
      [own, foreign],
    ] as const) {
      const mixed = new URL(own);
      mixed.searchParams.set("state", from.searchParams.get("state") ?? "");
      mixed.searchParams.set("code", to.searchParams.get("code") ?? "");
      for (const visitor of [victim, attacker]) {
        expect([400, 502]).toContain((await visitor.open(mixed.href)).status);
        expect(await personOf(visitor)).toBeUndefined();
      }
    }
  });
});

describe("a way back that was used, or whose login is over", () => {
  test("logs nobody in again after a logout", async () => {
    const visitor = scene.newVisitor();
    const back = await scene.wayBack(visitor, "ada");
    await visitor.open(back);
    expect(await personOf(visitor)).toBe("ada");
    await logOut(visitor);
    expect((await visitor.open(back)).status).toBe(400);
    expect(await personOf(visitor)).toBeUndefined();
  });

  test("that was not used yet when the person logged out in another tab logs nobody in", async () => {
    const [visitor, tab] = [scene.newVisitor(), scene.newVisitor()];
    await visitor.open("/login/start");
    // Cookies of ours are those of the same browser; this provider has a code at a time for each of its sessions.
    tab.plant("sixpack_sign_on", visitor.cookie("sixpack_sign_on") ?? "");
    const waiting = await scene.wayBack(tab, "ada", "/login/start?next=/paused");
    await visitor.logIn("ada");
    expect(await personOf(visitor)).toBe("ada");
    await logOut(visitor);
    expect((await visitor.open(waiting)).status).toBe(400);
    expect(await personOf(visitor)).toBeUndefined();
  });
});

describe("an answer of the provider that was changed on its way", () => {
  test.each<[string, (query: URLSearchParams) => void]>([
    ["of another issuer", (query) => query.set("iss", "https://login.evil.example")],
    ["of an issuer that looks alike", (query) => query.set("iss", `${query.get("iss")}/`)],
    ["without its issuer", (query) => query.delete("iss")],
    ["with two issuers", (query) => query.append("iss", query.get("iss") ?? "")],
    ["with two codes", (query) => query.append("code", "another")],
    ["with two states", (query) => query.append("state", query.get("state") ?? "")],
    ["with no code", (query) => query.delete("code")],
    ["with an empty code", (query) => query.set("code", "")],
    ["with a token beside the code", (query) => query.set("id_token", "e30.e30.")],
    ["as a signed answer that is none", (query) => query.set("response", "e30.e30.")],
    ["with a refusal beside the code", (query) => query.set("error", "access_denied")],
  ])("%s logs nobody in", async (_what, change) => {
    const visitor = scene.newVisitor();
    const back = new URL(await scene.wayBack(visitor, "ada"));
    change(back.searchParams);
    expect([403, 502]).toContain((await visitor.open(back.href)).status);
    expect(await personOf(visitor)).toBeUndefined();
  });

  test("whose state names another path, a later moment or another id is none of ours", async () => {
    const visitor = scene.newVisitor();
    const back = new URL(await scene.wayBack(visitor, "ada"));
    const [payload = "", signature = ""] = (back.searchParams.get("state") ?? "").split(".");
    const state = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    for (const change of [{ next: "//evil.example" }, { beganMs: 1e15 }, { id: "x" }, { more: 1 }]) {
      const forged = Buffer.from(JSON.stringify({ ...state, ...change })).toString("base64url");
      back.searchParams.set("state", `${forged}.${signature}`);
      expect((await visitor.open(back.href)).status).toBe(400);
    }
  });
});

describe("the path to go to after a login", () => {
  test.each([
    "https:evil.example",
    "https://127.0.0.1@evil.example/",
    "/%5Cevil.example",
    "/\t/evil.example",
    "/\n//evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "/x/../\\evil.example",
    "///evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/\u0000//evil.example",
    "//evil.example%2f..",
  ])("never leaves the dashboard: %j", async (next) => {
    const visitor = scene.newVisitor();
    const page = await visitor.open(
      await scene.wayBack(visitor, "ada", `/login/start?next=${encodeURIComponent(next)}`),
    );
    expect(new URL(page.url).origin).toBe(scene.webUrl);
    expect(visitor.went.filter((url) => new URL(url).hostname !== "127.0.0.1")).toEqual([]);
    expect(await personOf(visitor)).toBe("ada");
  });

  test("does not go round in circles", async () => {
    for (const next of ["/login", "/login/start", "/login/callback", "/logout", "/login?next=/login"]) {
      const visitor = scene.newVisitor();
      const page = await visitor.open(
        await scene.wayBack(visitor, "ada", `/login/start?next=${encodeURIComponent(next)}`),
      );
      expect([next, page.status < 500]).toEqual([next, true]);
    }
  });
});
