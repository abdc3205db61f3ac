/** What leaves the server by itself: the page of deliveries, a message to try a webhook, and the feeds. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { TEST, webhookNames } from "../../domain/webhook.ts";
import { shownName } from "../../lib/shown-name.ts";
import { requiredField } from "../../service/administer/fields.ts";
import { readFeed } from "../../service/alerts/feed.ts";
import { Outbox } from "../../service/alerts/outbox.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { addRoute } from "../http/add-route.ts";
import type { Flashes } from "../http/flash.ts";
import { queryField } from "../http/form.ts";
import { wantsJson } from "../http/send.ts";
import { sameText } from "../http/signature.ts";
import { ALERTS_PATH, FEED_PATH } from "../http/urls.ts";
import { type WebOptions, webUrlFor } from "../http/web-options.ts";
import { atomText } from "../views/atom.ts";
import { sendScreen } from "../views/layout.tsx";
import { AlertsPage } from "../views/pages/alerts-page.tsx";

/** Deliveries on the page. */
const SHOWN_MAX = 100;

export function addAlerts(app: FastifyInstance, context: ServiceContext, options: WebOptions, flash: Flashes): void {
  const { webhooks = [], feedToken } = options;
  const outbox = new Outbox(context.store);
  addRoute(app, ALERTS_PATH, {
    GET: async (_request, reply) => {
      const deliveries = (await outbox.list()).slice(0, SHOWN_MAX).map(({ delivery }) => delivery);
      const content = <AlertsPage webhooks={webhooks} deliveries={deliveries} hasFeed={feedToken !== undefined} />;
      return sendScreen(reply, 200, { title: "Alerts", content });
    },
  });
  addRoute(app, `${ALERTS_PATH}/test`, {
    access: "editor",
    form: "Send a test",
    POST: async (request, reply) => {
      const wanted = requiredField(request.body, "webhook");
      const webhook = webhooks.find(({ id }) => id === wanted);
      if (webhook === undefined) throw new SixpackError("not-found", `Expected a webhook, got ${quote(wanted)}`);
      const atMs = context.clock.nowMs();
      const id = `test_${options.randomBytes(16).toString("hex")}`;
      const sentence = "This is a test. Whoever reads it hears of what Sixpack notices.";
      await outbox.put(id, webhook, { kind: TEST, experiment: null, subject: "", sentence, atMs }, atMs);
      if (wantsJson(request)) return reply.send({ status: "ok", id });
      flash.leave(request, reply, {
        text: `A test is on its way to ${webhookNames(webhooks).get(webhook.id)}.`,
        undo: null,
      });
      return reply.redirect(ALERTS_PATH, 302);
    },
  });
  addRoute(app, `${ALERTS_PATH}/retry`, {
    access: "editor",
    form: "Try again",
    POST: async (request, reply) => {
      const [id, webhook] = [requiredField(request.body, "id"), requiredField(request.body, "webhook")];
      if (!(await outbox.again(id, webhook, context.clock.nowMs()))) {
        throw new SixpackError("not-found", `Expected a message that was not taken yet, got ${quote(id)}`);
      }
      if (wantsJson(request)) return reply.send({ status: "ok", id });
      flash.leave(request, reply, { text: "The message is tried again within five seconds.", undo: null });
      return reply.redirect(ALERTS_PATH, 302);
    },
  });
  addRoute(app, FEED_PATH, {
    access: "public",
    GET: async (request, reply) => {
      checkToken(request, feedToken);
      return sendFeed(context, options, request, reply);
    },
  });
}

/** Without a token there are no feeds, and with a wrong one nothing says whether there are. */
function checkToken({ query }: FastifyRequest, token: string | undefined): void {
  if (token === undefined || !sameText(queryField(query, "token") ?? "", token)) throw new SixpackError("not-found");
}

async function sendFeed(context: ServiceContext, options: WebOptions, request: FastifyRequest, reply: FastifyReply) {
  const name = queryField(request.query, "experiment");
  const experiment = name === undefined ? undefined : await findExperiment(context, name);
  const text = atomText({
    title: experiment === undefined ? "Sixpack" : `Sixpack: ${shownName(experiment.name)}`,
    base: webUrlFor(request, options),
    entries: await readFeed(context, experiment),
    nowMs: context.clock.nowMs(),
  });
  return reply.type("application/atom+xml; charset=utf-8").header("cache-control", "private, max-age=60").send(text);
}
