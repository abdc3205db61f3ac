/** One address of the dashboard, as people and proxies write it. */
import { describe, expect, test } from "vitest";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";

const HTML = { accept: "text/html" };

describe.each(["", "/sixpack"])("the dashboard under the path %j", (basePath) => {
  const open = async () => {
    const context = await make.context();
    await createExperiment(context, "button");
    return openApp(context, { basePath });
  };

  test.each(["//", "/all/", "//all", "/%61ll", "//experiments//button/", "/experiments/%62utton/", "/activity/"])(
    "shows %s",
    async (path) => {
      const app = await open();
      expect(await app.inject({ url: `${basePath}${path}`, headers: HTML })).toMatchObject({ statusCode: 200 });
    },
  );

  test.each(["/_status/", "//experiments.json", "/experiments.json/", "//experiments/button.json", "/%5Fstatus"])(
    "answers %s in JSON",
    async (path) => {
      const app = await open();
      const reply = await app.inject({ url: `${basePath}${path}` });
      expect(reply.statusCode).toBe(200);
      expect(() => reply.json()).not.toThrow();
    },
  );

  test.each(["pause", "archive", "winner", "winner/reset", "description", "reset", "export"])(
    "acts at /%s with a slash at the end, without, and with two in between",
    async (action) => {
      const app = await open();
      const payload = "alternative_name=red&description=why";
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      for (const path of [`/experiments/button/${action}`, `//experiments/button//${action}/`]) {
        const reply = await app.inject({ method: "POST", url: `${basePath}${path}`, headers, payload });
        expect(reply.statusCode).toBe(action === "export" ? 200 : 302);
      }
    },
  );

  test("keeps what means two things apart: an experiment's way to its page, and the page", async () => {
    const app = await open();
    expect(await app.inject({ url: `${basePath}/experiments/button` })).toMatchObject({ statusCode: 308 });
    expect(await app.inject({ url: `${basePath}/experiments/button/` })).toMatchObject({ statusCode: 200 });
    expect(await app.inject({ url: `${basePath}/nothing/` })).toMatchObject({ statusCode: 404 });
  });
});
