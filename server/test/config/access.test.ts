import { describe, expect, it } from "vitest";
import { accessOptions } from "../../src/cli/wiring-access.ts";
import { loadConfig } from "../../src/config/load.ts";
import { verifyPassword } from "../../src/ops/password.ts";

const HASH = `scrypt.15.8.3.${"A".repeat(22)}.${"A".repeat(43)}`;
const TOKEN = `sha256.${"A".repeat(43)}`;

const OIDC = {
  oidc_issuer: "https://login.example.com",
  oidc_client_id: "sixpack",
  web_url: "https://ab.example.com",
};

function load(env: Record<string, string>, dashboard = false) {
  const variables = Object.entries(env).map(([key, value]) => [`SIXPACK_CONFIG_${key.toUpperCase()}`, value]);
  return loadConfig({
    flags: new Map(),
    configPath: undefined,
    env: Object.fromEntries(variables),
    readFile: () => undefined,
    dashboard,
  });
}

function problemsOf(env: Record<string, string>, dashboard = false): string {
  const outcome = load(env, dashboard);
  return outcome.kind === "refused" ? outcome.problems.join("\n") : "";
}

function configOf(env: Record<string, string>) {
  const outcome = load(env);
  if (outcome.kind === "refused") throw new Error(outcome.problems.join("\n"));
  return outcome;
}

describe("auth", () => {
  it("is none where nobody is named, and password where somebody is", () => {
    expect(configOf({}).config.auth).toBe("none");
    const named = configOf({ users: `ann:admin:${HASH}` });
    expect(named.config.auth).toBe("password");
    expect(named.sources.auth).toEqual({ kind: "implied", because: "`users` is given" });
    expect(configOf({ admin_password: "correct horse" }).config.auth).toBe("password");
    expect(configOf({ users: `ann:admin:${HASH}`, auth: "none" }).config.auth).toBe("none");
  });

  it("is oidc where a provider is named, which needs more than its address", () => {
    expect(configOf({ ...OIDC, oidc_role: "viewer" }).sources.auth).toEqual({
      kind: "implied",
      because: "`oidc_issuer` is given",
    });
    expect(problemsOf({ oidc_issuer: OIDC.oidc_issuer }).split("\n")).toEqual([
      expect.stringMatching(/^oidc_client_id: expected the id of the dashboard at the provider/),
      expect.stringMatching(/^web_url: expected the address under which people open the dashboard/),
      expect.stringMatching(
        /^oidc_group_roles: expected at least one group, or `users`, because `oidc_role` is `none`/,
      ),
    ]);
    expect(problemsOf({ ...OIDC, users: "ann@example.com:admin" })).toBe("");
    expect(problemsOf({ ...OIDC, oidc_role: "viewer", admin_password: "correct horse" })).toMatch(/^admin_password: /);
    expect(problemsOf({ ...OIDC, oidc_role: "viewer", web_base_path: "/ab" })).toMatch(/^web_url: .*"\/ab", got ""/);
    expect(problemsOf({ auth: "open", web_url: "https://x.example/a//" })).toMatch(/^web_url: .*"", got "\/a"/);
    expect(problemsOf({ ...OIDC, oidc_role: "viewer", secret_key: "changeme" })).toMatch(/^secret_key: /);
  });

  it.each([
    "http://login.example.com",
    "ftp://login.example.com",
    "https://a:b@login.example.com",
    "https://x.example/?y",
  ])("oidc takes no tokens from %s", (oidc_issuer) => {
    expect(problemsOf({ ...OIDC, oidc_role: "viewer", oidc_issuer })).toMatch(
      /^oidc_issuer: expected a URL that starts/,
    );
    expect(problemsOf({ ...OIDC, oidc_role: "viewer", oidc_issuer: "http://127.0.0.1:3000" })).toBe("");
  });

  it("oidc reads groups with their roles, also those whose names hold colons, spaces and commas", async () => {
    const groups = configOf({ ...OIDC, oidc_group_roles: "a:viewer, urn:b:admin" }).config.oidc_group_roles;
    expect(groups).toEqual([
      { group: "a", role: "viewer" },
      { group: "urn:b", role: "admin" },
    ]);
    const named = '[{"group":"cn=A, ou=Shop team","role":"editor"}]';
    const { config } = configOf({ ...OIDC, oidc_group_roles: named, web_url: "https://ab.example.com/" });
    expect((await accessOptions(config, "k")).mode).toMatchObject({
      kind: "oidc",
      webUrl: "https://ab.example.com",
      otherRole: undefined,
      groups: new Map([["cn=A, ou=Shop team", "editor"]]),
    });
    expect(problemsOf({ ...OIDC, oidc_group_roles: "a:owner" })).toMatch(
      /^oidc_group_roles: expected groups as group:role/,
    );
    expect(problemsOf({ ...OIDC, oidc_role: "viewer", oidc_scope: "email" })).toMatch(/`openid` among them/);
  });

  it.each(["*", "0.0.0.0", "::", "10.0.0.1", "sixpack.example"])("none refuses to listen on %s", (web_host) => {
    expect(problemsOf({ web_host })).toMatch(/^web_host: expected a loopback address/);
    expect(problemsOf({ web_host, auth: "open" })).toBe("");
    expect(problemsOf({ web_host, admin_password: "correct horse" })).toBe("");
    expect(problemsOf({ web_host, auth: "proxy", auth_proxy_addresses: "10.0.0.2" })).toBe("");
  });

  it("none refuses a path of a proxy, and where the dashboard is served a proxy at all", () => {
    expect(problemsOf({ web_base_path: "/sixpack" })).toMatch(
      /^web_base_path: expected none, because `auth` is `none`/,
    );
    expect(problemsOf({ proxy_fix: "true" }, true)).toMatch(/^proxy_fix: expected false, because `auth` is `none`/);
    expect(problemsOf({ proxy_fix: "true" }), "the API is open by design").toBe("");
    for (const more of [
      { auth: "open" },
      { admin_password: "correct horse" },
      { auth: "proxy", auth_proxy_addresses: "::1" },
    ]) {
      expect(problemsOf({ proxy_fix: "true", web_base_path: "/sixpack", ...more }, true)).toBe("");
    }
  });

  it.each(["127.0.0.1", "127.8.0.1", "::1", "localhost"])("none listens on %s", (web_host) => {
    expect(problemsOf({ web_host })).toBe("");
  });

  it("password needs somebody with a hash", () => {
    expect(problemsOf({ auth: "password" })).toMatch(/^users: expected at least one user, or `admin_password`/);
    expect(problemsOf({ auth: "password", users: "ann:admin" })).toMatch(/got no hash for "ann"/);
  });

  it("proxy needs the proxy's address, and users where others are refused", () => {
    expect(problemsOf({ auth: "proxy" })).toMatch(/^auth_proxy_addresses: expected the address of the proxy/);
    expect(problemsOf({ auth: "proxy", auth_proxy_addresses: "10.0.0.0/8", auth_proxy_role: "none" })).toMatch(
      /^users:/,
    );
    const users = "ann:admin";
    expect(problemsOf({ auth: "proxy", auth_proxy_addresses: "::1,10.0.0.0/8", auth_proxy_role: "none", users })).toBe(
      "",
    );
  });

  it.each(["10.0.0.0/33", "::1/129", "10.0.0.0/x", "10.0.0.0/8/8", "proxy.example", "10.0.0/8"])(
    "takes %s for no address",
    (auth_proxy_addresses) => {
      expect(problemsOf({ auth: "proxy", auth_proxy_addresses })).toMatch(
        /^auth_proxy_addresses: expected IP addresses/,
      );
    },
  );

  it("gives each name to one user or token, and none to words of the log", () => {
    expect(problemsOf({ users: `ci:admin:${HASH}`, api_tokens: `ci:viewer:${TOKEN}` })).toMatch(/"ci" again/);
    expect(problemsOf({ users: `anyone:admin:${HASH}` })).toMatch(/activity log/);
    expect(problemsOf({ users: `admin:admin:${HASH}`, admin_password: "correct horse" })).toMatch(/"admin" again/);
  });

  it.each(["short", "password", "changeme", "<change me please>"])(
    "takes %j for no password, and does not show it",
    (word) => {
      const problems = problemsOf({ admin_password: word });
      expect(problems).toMatch(/^admin_password: expected/);
      expect(problems).not.toContain(`"${word}"`);
    },
  );

  it.each(["<your secret here>", "secret", "temp", "change me"])(
    "takes %j for no secret key of a login",
    (secret_key) => {
      expect(problemsOf({ secret_key, users: `ann:admin:${HASH}` })).toMatch(
        /^secret_key: expected a random text instead of a placeholder/,
      );
    },
  );
});

describe("admin_password", () => {
  it("is an admin beside the users, with the same hash after every start with one key", async () => {
    const { config } = configOf({ admin_password: "correct horse", admin_name: "root", users: `ann:viewer:${HASH}` });
    const { mode } = await accessOptions(config, "a key");
    if (mode.kind !== "password") throw new Error(`Expected a password, got ${mode.kind}`);
    expect(mode.users.map(({ name, role }) => [name, role])).toEqual([
      ["ann", "viewer"],
      ["root", "admin"],
    ]);
    expect(await verifyPassword("correct horse", mode.users[1]?.passwordHash ?? "")).toBe(true);
    expect((await accessOptions(config, "a key")).mode).toEqual(mode);
    expect((await accessOptions(config, "another key")).mode).not.toEqual(mode);
  });
});

describe("api_url", () => {
  it.each(["https://ab.example.com", "http://10.0.0.1:5000", "https://example.com/ab/"])("may be %s", (api_url) => {
    expect(configOf({ api_url }).config.api_url).toBe(api_url);
  });

  it.each(["ab.example.com", "ftp://ab.test", "https://ab.test/?a=b", "https://ab.test/#a", "https://ann:pw@ab.test"])(
    "may not be %s",
    (api_url) => {
      expect(problemsOf({ api_url })).toContain("a URL such as https://ab.example.com");
    },
  );
});
