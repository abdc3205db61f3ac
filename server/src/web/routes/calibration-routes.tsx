/** What an experiment's own traffic says of our claims: asked for by a button, computed beside the server, kept for a day. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Experiment } from "../../domain/experiment.ts";
import { Calibrator } from "../../service/analysis/calibrator.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { calibrationJson } from "../../service/report/calibration-json.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { wantsPage } from "../http/send.ts";
import { calibrationUrl } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { CalibrationPage } from "../views/pages/calibration-page.tsx";

export function addCalibration(app: FastifyInstance, context: ServiceContext): void {
  const calibrator = new Calibrator(context);
  const experimentOf = (request: FastifyRequest): Promise<Experiment> => findExperiment(context, nameOf(request));
  const sendJson = (reply: FastifyReply, { name }: Experiment, state: ReturnType<Calibrator["state"]>) =>
    reply.send(calibrationJson(name, state));
  addRoute(app, "/experiments/:name/calibration", {
    access: "viewer",
    form: "Calibrate",
    GET: async (request, reply) => {
      const experiment = await experimentOf(request);
      const state = calibrator.state(experiment);
      if (!wantsPage(request)) return sendJson(reply, experiment, state);
      const content = <CalibrationPage experiment={experiment} state={state} />;
      return sendScreen(reply, 200, { title: "Calibration", content });
    },
    POST: async (request, reply) => {
      const experiment = await experimentOf(request);
      const state = await calibrator.begin(experiment);
      if (!wantsPage(request)) return sendJson(reply, experiment, state);
      return reply.redirect(calibrationUrl(experiment.name), 302);
    },
  });
}
