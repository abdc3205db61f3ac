import { describe, expect, test } from "vitest";
import { personIn } from "../../../src/web/access/vouched-person.ts";
import type { OidcMode } from "../../../src/web/http/identity.ts";

const MODE: OidcMode = {
  kind: "oidc",
  issuer: "https://login.example.com",
  clientId: "sixpack",
  clientSecret: undefined,
  clientAuth: "basic",
  scope: "openid email groups",
  nameClaim: "email",
  groupClaim: "groups",
  roles: new Map(),
  groups: new Map([
    ["platform", "admin"],
    ["shop", "editor"],
  ]),
  otherRole: undefined,
  webUrl: "https://ab.example.com",
};

function whoIs(claims: object) {
  return personIn({ email: "ada@example.com", groups: ["platform"], ...claims }, MODE, new Set(["nightly"]));
}

describe("a person whom a provider vouches for", () => {
  test.each(["ada@example.com", "Jürgen Müller", "أحمد", "🎲"])("is called %j", (email) => {
    expect(whoIs({ email })).toEqual({ kind: "person", name: email, role: "admin" });
  });

  test.each([
    ...["server", "api:shop", "command line", "nightly"],
    // What a page or a log shows like one of them.
    ...[
      " server",
      "server ",
      "ser\u200bver",
      "\u202erevres",
      "ｓｅｒｖｅｒ",
      "command\nline",
      "command  line",
      "ada\u0000",
    ],
    ...["", "\ud800", "x".repeat(300), null, 7, { email: "ada" }, ["ada"]],
  ])("is nobody here as %j", (email) => {
    expect(whoIs({ email }).kind).toBe("nameless");
  });

  test.each([false, "false", "False", 0, null])(
    "is nobody here by an address whose `email_verified` is %j",
    (email_verified) => {
      expect(whoIs({ email_verified }).kind).toBe("nameless");
    },
  );

  test.each([undefined, {}, { platform: true }, [["platform"]], ["__proto__", "constructor"], "Platform"])(
    "has no role by groups of %j",
    (groups) => {
      expect(whoIs({ groups })).toEqual({ kind: "without-role", name: "ada@example.com" });
    },
  );

  test("has the highest role that one of its groups gives", () => {
    for (const groups of [
      ["shop", "platform"],
      ["platform", "shop"],
    ]) {
      expect(whoIs({ groups })).toMatchObject({ role: "admin" });
    }
  });

  test("has the role of one group among ten thousand", () => {
    const groups = [...Array.from({ length: 10_000 }, (_, number) => `group-${number}`), "platform"];
    expect(whoIs({ groups })).toMatchObject({ role: "admin" });
  });
});
