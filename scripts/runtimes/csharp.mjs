/** The client for C#, by Mono: its tests, its documentation, its page followed, https, and a network that is silent. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compiled, visitShop } from "./compiled.mjs";
import { install } from "./debian.mjs";
import { freePort } from "./free-port.mjs";
import { startServer } from "./server.mjs";

const client = compiled("csharp");

export async function* ofCSharp() {
  // The last three are for https: TLS, and the command by which Mono is told whom to trust.
  install(
    "mono-mcs",
    "mono-runtime",
    "libmono-system-security4.0-cil",
    "libmono-btls-interface4.0-cil",
    "ca-certificates-mono",
  );
  process.stdout.write(`  ${client.run("mono", "--version").split("\n")[0]}\n`);
  const folder = mkdtempSync(join(tmpdir(), "sixpack-csharp-"));
  try {
    yield* parts(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* parts(folder) {
  const [library, docs, program] = ["SixpackAb.dll", "SixpackAb.xml", "tests.exe"].map((name) => join(folder, name));
  const [sources, testSources] = ["src", "test"].map((below) => client.sources(below, "cs"));
  const strict = ["-warn:4", "-warnaserror"];
  client.run("mcs", ...strict, `-out:${program}`, ...sources, ...testSources);
  yield* client.tests("mono", program);
  yield [
    "says in its documentation what every public part is",
    () => client.run("mcs", ...strict, "-target:library", `-doc:${docs}`, `-out:${library}`, ...sources),
  ];
  yield ["is built, and takes part, as its page says", () => follow(folder)];
  yield ["reads chunks by https, and trusts nobody under another name", () => byHttps(folder, program)];
  yield [
    "shows the control after one time-out in a silent network",
    () => client.visitSilence("mono", program, "network"),
  ];
}

/** Runs the programs and commands of the page in a checkout of its own, against a server of its own. */
async function follow(folder) {
  const [[button, shop], [commands]] = ["csharp", "sh"].map(client.blocks);
  const checkout = join(folder, "checkout");
  cpSync(client.folder, join(checkout, "clients/csharp"), {
    recursive: true,
    filter: (path) => path !== join(client.folder, "build"),
  });
  const server = await startServer();
  try {
    const port = await freePort();
    // A busy machine may need more than half a second for what Mono does first.
    const patient = "new SessionOptions { Timeout = TimeSpan.FromMinutes(1), ";
    const here = (program) =>
      program
        .replace("http://localhost:5000", server.api)
        .replaceAll(":8000/", `:${port}/`)
        .replace(/new SessionOptions\s*\{/, patient);
    for (const [name, program] of [
      ["Button", button],
      ["Shop", shop],
    ]) {
      writeFileSync(join(checkout, `${name}.cs`), here(program));
      const built = name === "Button" ? commands : commands.replaceAll("Button", name).replace(/^mono .*$/m, "");
      client.run("sh", "-e", "-c", `cd ${checkout} && ${built}`);
    }
    await visitShop("mono", ["clients/csharp/build/Shop.exe"], checkout);
    const { total_participants } = await (await fetch(`${server.api}/experiments/button`)).json();
    assert.equal(total_participants, 2, "the program and one visitor of the shop");
  } finally {
    await server.stop();
  }
}

async function byHttps(folder, program) {
  const [key, certificate] = ["key.pem", "cert.pem"].map((name) => join(folder, name));
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-nodes", "-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...files, ...names], { stdio: "ignore" });
  let connections = 0;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) => {
    response.write('{"status":"ok","alternative":');
    response.end('{"name":"blue"}}');
  });
  server.on("secureConnection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    // Whom Mono trusts is a folder of the user's.
    const env = { ...process.env, XDG_CONFIG_HOME: join(folder, "config") };
    mkdirSync(env.XDG_CONFIG_HOME);
    execFileSync("cert-sync", ["--user", certificate], { env, stdio: "ignore" });
    const { port } = server.address();
    const urls = [`https://localhost:${port}`, `https://127.0.0.1:${port}`];
    const { stdout } = await promisify(execFile)("mono", [program, "tls", ...urls], { env });
    assert.deepEqual(JSON.parse(stdout), [
      ["blue", "blue"],
      ["red", "red", "unreachable", "unreachable"],
    ]);
    assert.equal(connections, 1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
