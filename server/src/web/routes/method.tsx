/** The method page: docs/statistics.md as it is in the package, so that the words beside the numbers are those of the build. */
import { existsSync, readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { addRoute } from "../http/add-route.ts";
import { sendPage } from "../http/send.ts";
import { METHOD_PATH } from "../http/urls.ts";
import { MethodPage } from "../views/pages/method-page.tsx";

/** In the package, beside a chunk of it, and in the repository. */
const PLACES = ["./docs/statistics.md", "../docs/statistics.md", "../../../../docs/statistics.md"];

export function addMethod(app: FastifyInstance): void {
  const text = readMethod();
  addRoute(app, METHOD_PATH, { GET: async (_request, reply) => sendPage(reply, 200, <MethodPage text={text} />) });
}

/** Read once, at start; `undefined` in a checkout whose document is not written yet. */
function readMethod(): string | undefined {
  const url = PLACES.map((path) => new URL(path, import.meta.url)).find((candidate) => existsSync(candidate));
  return url === undefined ? undefined : readFileSync(url, "utf8");
}
