/** The readout of an experiment in its three forms, below its page or below a share link. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { addRoute } from "../http/add-route.ts";
import type { Access } from "../http/identity.ts";
import { sendFile, sendPage } from "../http/send.ts";
import { ReadoutPicture } from "../views/charts/readout-picture.tsx";
import { svgFile } from "../views/charts/svg-file.ts";
import type { ExperimentView } from "../views/experiment-view.ts";
import { ReadoutPage } from "../views/pages/experiment/readout-page.tsx";
import { readoutOf } from "../views/readout.ts";
import { readoutMarkdown } from "../views/readout-markdown.ts";

interface ReadoutDoor {
  /** Path of the page below which they lie, with a slash at its end. */
  readonly below: string;
  readonly access: Access;
  /** What is asked for, of all days and by the KPI that decides. */
  readonly viewOf: (request: FastifyRequest, reply: FastifyReply) => Promise<ExperimentView>;
}

export function addReadout(app: FastifyInstance, { below, access, viewOf }: ReadoutDoor): void {
  addRoute(app, `${below}readout`, {
    access,
    GET: async (request, reply) => {
      const view = await viewOf(request, reply);
      return sendPage(reply, 200, <ReadoutPage readout={readoutOf(view)} root={view.root} />);
    },
  });
  addRoute(app, `${below}readout.md`, {
    access,
    GET: async (request, reply) =>
      sendFile(reply, "text/markdown; charset=utf-8", readoutMarkdown(readoutOf(await viewOf(request, reply)))),
  });
  addRoute(app, `${below}readout.svg`, {
    access,
    GET: async (request, reply) => {
      const readout = readoutOf(await viewOf(request, reply));
      return sendFile(reply, "image/svg+xml; charset=utf-8", svgFile(<ReadoutPicture readout={readout} />));
    },
  });
}
