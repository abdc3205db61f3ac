/** The frame of a page, from the request that asked for it. */
import type { FastifyInstance } from "fastify";
import type { ServiceContext } from "../service/context.ts";
import { countStatuses } from "../service/report/listing.ts";
import type { Assets } from "./assets.ts";
import type { Frame } from "./page-frame.ts";
import { themeOf } from "./theme.ts";

declare module "fastify" {
  interface FastifyReply {
    /** Asked when a page is written; `null` where a request was refused before anything was known of it. */
    frame: (() => Promise<Frame>) | null;
  }
}

/** Gives every reply its frame. Making one never fails: a page about a failure has a frame too. */
export function addFrames(app: FastifyInstance, { store }: Pick<ServiceContext, "store">, assets: Assets): void {
  const surroundings = async (): Promise<Pick<Frame, "counts" | "storage">> => {
    try {
      const [experiments, { summary }] = await Promise.all([store.listExperiments(), store.status()]);
      return { counts: countStatuses(experiments), storage: summary };
    } catch {
      return { counts: undefined, storage: "the store does not answer" };
    }
  };
  app.decorateReply("frame", null);
  app.addHook("onRequest", async (request, reply) => {
    reply.frame = async () => ({
      assets,
      theme: themeOf(request),
      path: request.url,
      ...(await surroundings()),
    });
  });
}
