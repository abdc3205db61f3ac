/** Clients of other languages by https, and with answers as proxies send them: in chunks, in pieces, after a 103. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const CLIENTS = [
  ["Python", "python3", ["python/tests/tls.py", "sync"]],
  ["Python's asyncio", "python3", ["python/tests/tls.py", "asyncio"]],
  ["Ruby", "ruby", ["ruby/test/tls.rb"]],
  ["PHP", "php", ["php/test/tls.php"]],
] as const;

const CLIENTS_FOLDER = fileURLToPath(new URL("../", import.meta.url));

let folder: string;
let certificate: string;
let server: Server;
let connections = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sixpack-tls-"));
  certificate = join(folder, "cert.pem");
  const key = join(folder, "key.pem");
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, ...names],
    {
      stdio: "ignore",
    },
  );
  server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, async (request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "https://localhost");
    const experiment = searchParams.get("experiment");
    response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    response.writeHead(200, { "Content-Type": "application/json" });
    const answer = { status: "ok", alternative: { name: "blue" }, experiment: { name: experiment }, client_id: null };
    for (const piece of JSON.stringify(answer).match(/.{1,9}/g) ?? []) {
      await new Promise((resolve) => response.write(piece, resolve));
    }
    response.end();
  });
  server.on("secureConnection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(CLIENTS)("the client for %s by https", (_, program, args) => {
  test("reads chunks over one connection, and trusts nobody under another name", async () => {
    const { port } = server.address() as AddressInfo;
    connections = 0;
    const trust = program === "php" ? ["-d", `curl.cainfo=${certificate}`] : [];
    const urls = [`https://localhost:${port}`, `https://127.0.0.1:${port}`];
    const { stdout } = await promisify(execFile)(program, [...trust, ...args, ...urls], {
      cwd: CLIENTS_FOLDER,
      env: { ...process.env, SSL_CERT_FILE: certificate },
    });
    expect(JSON.parse(stdout)).toEqual([
      ["blue", "blue"],
      ["red", "red", "unreachable", "unreachable"],
    ]);
    // Whoever looks at the certificate's name when the connection stands has made a second one.
    expect(connections).toBeLessThanOrEqual(2);
  });
});
