/** A server in front of damaged keys: its pages and doctor say what can't be read, and the other experiments go on. */
import { describe, expect, it } from "vitest";
import { run, start } from "../support/command.ts";
import { stopping } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";

describe("a server in front of damaged keys", () => {
  it("answers for every other experiment, and says on its pages which can't be read", async () => {
    const redis = stopping(await RedisServer.start());
    const settings = ["--set", `redis_socket=${redis.socketPath}`, "--set", "redis_db=0"];
    const server = start({ args: ["start", "--port", "0", "--web-port", "0", ...settings] });
    const [, api = ""] = await server.printed(/API +(\S+)/);
    const [, web = ""] = await server.printed(/Dashboard +(\S+)/);
    const participate = async (name: string, client: string) =>
      (await fetch(`${api}/participate?experiment=${name}&alternatives=a&alternatives=b&client_id=${client}`)).status;
    for (const name of ["good", "torn", "typed", "cell"]) expect(await participate(name, "ann")).toBe(200);
    const lifeOf = async (name: string) => (await redis.command("GET", `sxp:{${name}}:live`)).split("\r\n")[1] ?? "";
    await redis.command("HSET", `sxp:{torn}:${await lifeOf("torn")}:definition`, "body", "null");
    const tallies = `sxp:{typed}:${await lifeOf("typed")}:tallies`;
    await redis.command("DEL", tallies);
    await redis.command("SET", tallies, "x");
    await redis.command("HSET", `sxp:{cell}:${await lifeOf("cell")}:tallies`, "0:0:20000:0:s", "nan");
    await redis.command("XADD", "sxp:activity", "*", "entry", "{}");
    // The definition is remembered for a moment.
    await expect.poll(() => participate("torn", "ben")).toBe(503);
    expect(await participate("good", "ben")).toBe(200);
    for (const path of ["/", "/all", "/activity", "/experiments.json"]) {
      const response = await fetch(`${web}${path}`, { headers: { accept: "text/html" } });
      const text = await response.text();
      expect(response.status, path).toBe(200);
      expect(text, path).toContain(path === "/activity" ? "An entry that can't be read" : "torn");
      if (path !== "/activity") expect(text, path).toContain("good");
    }
    expect((await fetch(`${web}/experiments/good/`)).status).toBe(200);
    const SAID = { torn: "The definition of torn can't be read.", typed: "WRONGTYPE", cell: "0:0:20000:0:s = nan" };
    for (const [name, said] of Object.entries(SAID)) {
      const page = await fetch(`${web}/experiments/${name}/`, { headers: { accept: "text/html" } });
      expect(page.status).toBe(503);
      const text = await page.text();
      expect(text).toContain(said);
      expect(text, "no reload mends it").toMatch(
        /Ask whoever runs this server to repair it\.(?![\s\S]*Reload this page)/,
      );
    }
    const flags = await fetch(`${api}/ofrep/v1/evaluate/flags`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ context: { targetingKey: "ann" } }),
    });
    expect(flags.status).toBe(200);
    expect(await flags.text()).toContain("good");
    expect(await (await fetch(`${api}/convert?kpi=sale&client_id=ann`)).text()).toContain("good");
    expect((await fetch(`${api}/readyz`)).status).toBe(200);
    const refused = await (
      await fetch(`${api}/participate?experiment=torn&alternatives=a&alternatives=b&client_id=c`)
    ).text();
    expect(JSON.parse(refused)).toEqual({
      status: "failed",
      code: "experiment-unreadable",
      message: "this experiment can't be read. please see the log of the server",
    });
    const { code, stdout } = await run({
      args: ["doctor", "--records", "--port", "0", "--web-port", "0", ...settings],
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}experiment torn: can't be read: /m);
    expect(stdout).toMatch(/^fail {2}records of typed: can't be read: .*WRONGTYPE/m);
    expect(stdout).toMatch(/^fail {2}records of cell: can't be read: .*nan/m);
    expect(stdout).toMatch(/^ok {4}records of good: /m);
    const exported = await run({ args: ["export", ...settings] });
    // A job that makes backups must hear that one is not whole.
    expect(exported.code).toBe(1);
    expect(exported.stderr).toMatch(/^Not all is in the file, because it can't be read: .*torn/m);
    expect(JSON.parse(exported.stdout.trimEnd().split("\n").at(-1) ?? "")).toEqual({
      kind: "footer",
      experiments: 1,
      incomplete: expect.arrayContaining(["torn", "typed", "cell"]),
    });
    const asked = await run({ args: ["export", "--url", web] });
    expect([asked.code, asked.stdout.trimEnd().split("\n").at(-1)]).toEqual([
      1,
      exported.stdout.trimEnd().split("\n").at(-1),
    ]);
    for (const name of ["torn", "typed", "cell"]) {
      expect(exported.stderr).toContain(`left out  ${name}: it can't be read.`);
    }
    expect(exported.stderr).toContain("exported  good: 2 clients");
    for (const from of [settings, ["--url", web]]) {
      const { code, stdout, stderr } = await run({ args: ["export", "--format", "yaml", ...from] });
      expect([code, stderr]).toEqual([1, expect.stringContaining("torn")]);
      expect(stdout).toMatch(/^ {2}good:$[\s\S]*^# \{"incomplete":\["torn"\]\}\n$/m);
    }
    expect((await server.stop()).code).toBe(0);
  });
});
