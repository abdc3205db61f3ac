/** `auth: proxy` over real sockets: what a client may send past its proxy to be somebody else, byte by byte. */
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Role } from "../../../src/domain/role.ts";
import * as make from "../../support/make.ts";
import { openApp } from "../support.ts";
import { TOKENS, WITH_PASSWORDS } from "./people.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Answers the status and what was expected, to header lines as they stand. */
async function serve({ header = "X-Forwarded-User", addresses = ["127.0.0.1"], others = true } = {}) {
  const roles = new Map<string, Role>([["ada", "admin"]]);
  const mode = { kind: "proxy", header, addresses, roles, otherRole: others ? "viewer" : undefined } as const;
  const app = openApp(make.context(), { csrfDisabled: false, access: { mode, tokens: WITH_PASSWORDS.tokens } });
  closing.push(() => app.close());
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  return async (...lines: readonly string[]): Promise<string> => {
    const socket = connect(port, "127.0.0.1");
    socket.write(
      ["GET /experiments.json HTTP/1.1", "Host: ab.example.com", "Connection: close", ...lines, "", ""].join("\r\n"),
    );
    let text = "";
    socket.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    await once(socket, "close");
    const [, status = "", body = ""] = /^HTTP\/1\.1 (\d+) [\s\S]*?\r\n\r\n([\s\S]*)$/.exec(text) ?? [];
    return status === "200" ? status : `${status} ${JSON.parse(body).detail}`;
  };
}

describe("a name that a proxy sends", () => {
  test("counts once, in whatever capitals its header is written", async () => {
    const ask = await serve();
    for (const line of ["X-Forwarded-User: ada", "x-forwarded-user:ada", "X-FORWARDED-USER:  ada  "]) {
      expect([line, await ask(line)]).toEqual([line, "200"]);
    }
  });

  test.each(["X-Forwarded-User", "Remote-User", "From", "User-Agent"])(
    "is refused in %s when another one came with it, before or after, in other capitals or in a list",
    async (header) => {
      const ask = await serve({ header });
      const several = `401 Expected one name in \`${header}\`, or a token, got several`;
      for (const lines of [
        [`${header}: ada`, `${header}: eve`],
        [`${header}: eve`, `${header}: ada`],
        [`${header}: ada`, `${header.toLowerCase()}: ada`],
        [`${header}: ada`, `${header.toUpperCase()}:`],
        [`${header}: ada, eve`],
        [`${header}: ada,`],
      ]) {
        expect([lines, await ask(...lines)]).toEqual([lines, several]);
      }
      expect(await ask(`${header}: ada`)).toBe("200");
    },
  );

  test("counts in no header that only looks like its own, and in no trailer", async () => {
    const ask = await serve();
    const none = "401 Expected the name of a user in `X-Forwarded-User`, or a token, got none";
    for (const line of [
      "X_Forwarded_User: ada",
      "X-Forwarded-Users: ada",
      "Forwarded: user=ada",
      "X-Forwarded-User:",
    ]) {
      expect([line, await ask(line)]).toEqual([line, none]);
    }
    const chunks = ["Transfer-Encoding: chunked", "Trailer: X-Forwarded-User", "", "0", "X-Forwarded-User: ada"];
    expect(await ask(...chunks)).toBe(none);
  });

  test("is refused with the address of whoever sent it, where that is no proxy's", async () => {
    const ask = await serve({ addresses: ["10.0.0.0/8", "::1"] });
    const refused =
      "401 Expected a connection from an address of `auth_proxy_addresses`, or a token, got one from 127.0.0.1";
    for (const line of ["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1", "X-Real-IP: 10.0.0.1"]) {
      expect([line, await ask(line, "X-Forwarded-User: ada")]).toEqual([line, refused]);
    }
    expect(await ask(`Authorization: Bearer ${TOKENS.viewer}`)).toBe("200");
  });

  test("is refused with a reason where the log has it for somebody else, or nobody gave it a role", async () => {
    const ask = await serve();
    expect(await ask("X-Forwarded-User: server")).toBe(
      '401 Expected a name in `X-Forwarded-User` that the activity log has for nobody else, or a token, got "server"',
    );
    expect(await (await serve({ others: false }))("X-Forwarded-User: eve")).toBe(
      '401 Expected a name of `users`, because `auth_proxy_role` is `none`, or a token, got "eve"',
    );
  });
});
