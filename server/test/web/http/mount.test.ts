import { describe, expect, test } from "vitest";
import { DAY_MS } from "../../../src/lib/time.ts";
import { mountedPage, unmounting } from "../../../src/web/http/mount.ts";
import * as make from "../../support/make.ts";
import { Browser, GUARDED } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

const HTML = { accept: "text/html" };
const HTTPS = { "x-forwarded-proto": "https" };

describe("a dashboard under a path", () => {
  test.each([
    ["/sixpack", "/"],
    ["/sixpack/", "/"],
    ["/sixpack?q=a", "/?q=a"],
    ["/sixpack/experiments/a/?kpi=b", "/experiments/a/?kpi=b"],
    ["/sixpack/sixpack", "/sixpack"],
    ["/sixpackers", "/sixpackers"],
    ["/experiments/a/", "/experiments/a/"],
  ])("takes %s for %s", (url, expected) => {
    expect(unmounting("/sixpack")({ url } as never)).toBe(expected);
  });

  test("puts its path before addresses of its own, and leaves text and other hosts alone", () => {
    const page = `<a href="/all">/all</a><a href="//x.org/">x</a><a href="https://x.org/">x</a><a href="#top">t</a>
<form action="/theme"><input value="/all"><script src="/assets/a.js"></script><p>href=&quot;/all&quot;</p>`;
    expect(
      mountedPage(page, "/a/b"),
    ).toBe(`<a href="/a/b/all">/all</a><a href="//x.org/">x</a><a href="https://x.org/">x</a><a href="#top">t</a>
<form action="/a/b/theme"><input value="/all"><script src="/a/b/assets/a.js"></script><p>href=&quot;/all&quot;</p>`);
    expect(mountedPage(page, "")).toBe(page);
  });

  test.each([
    "/",
    "/all",
    "/activity",
    "/removed",
    "/method",
    "/experiments/button/",
    "/experiments/button/share",
    "/experiments/button/reset",
    "/experiments/nobody/",
  ])("has no address outside of it on %s", async (path) => {
    const context = make.context();
    await createExperiment(context, "button");
    const app = openApp(context, { basePath: "/sixpack" });
    const { body } = await app.inject({ url: `/sixpack${path}`, headers: HTML });
    const addresses = [...body.matchAll(/\s(?:href|action|src)="([^"#][^"]*)"/g)].map(([, address]) => address);
    expect(addresses.length).toBeGreaterThan(5);
    expect(addresses.filter((address) => !/^(?:\/sixpack\/|https?:)/.test(address ?? ""))).toEqual([]);
    // Nothing is doubled, and a proxy that takes the path off gets the same page.
    expect(body).not.toContain("/sixpack/sixpack");
    const stripped = await app.inject({ url: path, headers: HTML });
    expect(stripped.body.replaceAll(/_csrf_token" value="[^"]*"/g, "")).toBe(
      body.replaceAll(/_csrf_token" value="[^"]*"/g, ""),
    );
  });

  test("redirects inside of it, and keeps its cookies to it", async () => {
    const context = make.context();
    await createExperiment(context, "button");
    const app = openApp(context, { ...GUARDED, basePath: "/sixpack", csrfDisabled: false });
    const away = await app.inject({ url: "/sixpack/experiments/button/?kpi=x", headers: HTML });
    expect(away.headers.location).toBe("/sixpack/login?next=%2Fexperiments%2Fbutton%2F%3Fkpi%3Dx");
    const login = await app.inject({ url: "/sixpack/login", headers: HTML });
    expect(login.cookies).toMatchObject([{ name: "_csrf_token", path: "/sixpack" }]);
    const theme = await app.inject({
      method: "POST",
      url: "/sixpack/theme",
      headers: { "content-type": "application/x-www-form-urlencoded", cookie: cookieOf(login.cookies) },
      payload: `theme=dark&back=%2Fall&_csrf_token=${encodeURIComponent(login.cookies[0]?.value ?? "")}`,
    });
    expect(theme.headers.location).toBe("/sixpack/all");
    expect(theme.cookies).toMatchObject([{ name: "theme", path: "/sixpack" }]);
  });

  test.each([
    [undefined, "http://inside:5001/sixpack/"],
    ["https://ab.example.com/sixpack", "https://ab.example.com/sixpack/"],
  ])("leads into it from links, feeds and files that others open, with web_url %s", async (webUrl, expected) => {
    let nowMs = make.NOW_MS;
    const context = make.context({ clock: make.clock(() => nowMs) });
    await createExperiment(context, "button");
    const feedToken = "a-token-of-24-characters";
    const access = { mode: { kind: "open" }, tokens: [] } as const;
    const app = openApp(context, { access, basePath: "/sixpack", webUrl, feedToken });
    const headers = { host: "inside:5001", accept: "application/json" };
    const made = await app.inject({ method: "POST", url: "/sixpack/experiments/button/links", headers, payload: {} });
    await app.inject({ method: "POST", url: "/sixpack/experiments/button/pause", headers, payload: { paused: true } });
    // A feed tells what people did on a day that is over.
    nowMs += DAY_MS;
    const file = await app.inject({ url: "/sixpack/experiments.yml", headers });
    const feed = await app.inject({ url: `/sixpack/feed.atom?token=${feedToken}`, headers });
    const addresses = [
      made.json().link.url,
      /\$schema=(\S+)/.exec(file.body)?.[1],
      /href="([^"]+)"/.exec(feed.body)?.[1],
    ];
    for (const address of addresses) expect(address?.slice(0, expected.length)).toBe(expected);
  });

  test("gives what it believes on https a name that only its own host can set, and that no other path uses", async () => {
    const options = { ...GUARDED, basePath: "/eu/sixpack", trustsProxy: () => true };
    const answer = await new Browser(openApp(make.context(), options), HTTPS).logIn("ada");
    expect(answer.cookies.map(({ name, path, secure, domain }) => ({ name, path, secure, domain }))).toEqual([
      { name: "__Host-sixpack_session+eu+sixpack", path: "/", secure: true, domain: undefined },
    ]);
  });

  test("keeps the theme under its path, on https in a cookie that http can't set", async () => {
    const app = openApp(make.context(), {
      access: { mode: { kind: "open" }, tokens: [] },
      basePath: "/sixpack",
      trustsProxy: () => true,
    });
    const theme = await app.inject({
      method: "POST",
      url: "/sixpack/theme",
      headers: HTTPS,
      payload: { theme: "dark", back: "/all" },
    });
    expect(theme.cookies).toMatchObject([
      { name: "__Secure-theme", path: "/sixpack", secure: true, httpOnly: true, sameSite: "Lax" },
    ]);
    const page = await app.inject({
      url: "/sixpack/all",
      headers: { ...HTML, ...HTTPS, cookie: cookieOf(theme.cookies) },
    });
    expect(page.body).toContain('data-theme="dark"');
  });

  test("believes no session that a page of another subdomain planted", async () => {
    const app = openApp(make.context(), { ...GUARDED, basePath: "/sixpack", trustsProxy: () => true });
    const attacker = new Browser(app, HTTPS);
    await attacker.logIn("ada");
    const session = attacker.cookies.get("__Host-sixpack_session+sixpack") ?? "";
    const asked = (cookie: string) => app.inject({ url: "/sixpack/all", headers: { ...HTML, ...HTTPS, cookie } });
    expect((await asked(`__Host-sixpack_session+sixpack=${session}`)).statusCode).toBe(200);
    // Names without `__Host-` can be planted with a domain; those of other paths are another dashboard's.
    for (const name of ["sixpack_session", "__Secure-sixpack_session", "__Host-sixpack_session"]) {
      expect((await asked(`${name}=${session}`)).statusCode, name).toBe(302);
    }
  });
});

function cookieOf(cookies: readonly { readonly name: string; readonly value: string }[]): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
}
