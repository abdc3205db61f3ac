/** Making an experiment on a page, and changing it while it is a draft. Every button but one shows the form again. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import { layersOf } from "../../domain/layer.ts";
import type { PlannedSize } from "../../domain/plan.ts";
import { shownName } from "../../lib/shown-name.ts";
import { formField } from "../../service/administer/fields.ts";
import { changeDraft, type Made, makeDraft, seenOf, textsOf } from "../../service/administer/make-draft.ts";
import { checkNewExperiment, type FieldProblems, type NewExperiment } from "../../service/administer/new-experiment.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import type { Flashes } from "../http/flash.ts";
import { actorOf } from "../http/identity.ts";
import { wantsPage } from "../http/send.ts";
import { actionUrl, experimentUrl, NEW_PATH } from "../http/urls.ts";
import { sendScreen } from "../views/layout.tsx";
import { FRESH, newExperimentIn, withRow } from "../views/pages/new-draft.ts";
import { NewPage } from "../views/pages/new-page.tsx";
import { problemText } from "../views/ui/problem.tsx";
import { type Asked, overridden } from "./overriding.ts";

const REFUSED = 400;
const CONFLICT = 409;

/** Of the form of a draft: what `seenOf` says of the draft that it shows. */
const SEEN_FIELD = "seen";

export function addNew(app: FastifyInstance, context: ServiceContext, flash: Flashes): void {
  const fresh = { title: "New experiment", action: NEW_PATH, back: "/", isNamed: false };
  const draftPage = (name: string) => ({
    title: `Change ${shownName(name)}`,
    action: actionUrl(name, "draft"),
    back: experimentUrl(name),
    isNamed: true,
  });
  addRoute(app, NEW_PATH, {
    access: "editor",
    form: "Make the experiment",
    GET: (_request, reply) => sendForm(reply, fresh, FRESH),
    POST: (request, reply) =>
      answer(request, reply, fresh, (texts) =>
        makeDraft(context, { name: texts.name, actor: actorOf(request.identity) }, texts),
      ),
  });
  addRoute(app, "/experiments/:name/draft", {
    access: "editor",
    form: "Save the draft",
    GET: async (request, reply) => {
      const experiment = await findExperiment(context, nameOf(request));
      return sendForm(reply, { ...draftPage(experiment.name), seen: seenOf(experiment) }, textsOf(experiment));
    },
    POST: async (request, reply) => {
      const name = nameOf(request);
      const run: Asked["run"] = (on, target) => changeDraft(on, target, newExperimentIn(request.body));
      const asked = { name, label: "Save the draft", run };
      const asking = wantedOf(request) === "make" ? await overridden(context, request, asked) : undefined;
      if (asking !== undefined) return sendScreen(reply, 409, asking);
      const seen = formField(request.body, SEEN_FIELD);
      const page = { ...draftPage(name), seen };
      try {
        return await answer(request, reply, page, (texts) =>
          changeDraft(context, { name, actor: actorOf(request.identity) }, texts, seen),
        );
      } catch (error) {
        if (!(error instanceof SixpackError) || error.code !== "edit-conflict" || !wantsPage(request)) throw error;
        // Sent again, it takes the place of what is there by now.
        const now = { ...page, seen: seenOf(await findExperiment(context, name)), conflict: problemText(error) };
        return sendForm(reply, now, newExperimentIn(request.body));
      }
    },
  });

  async function sendForm(reply: FastifyReply, page: Page, texts: NewExperiment, problems: FieldProblems = {}) {
    const { title, ...place } = page;
    const told = Object.fromEntries(Object.entries(problems).map(([field, problem]) => [field, wordsOf(problem)]));
    const layers = layersOf(await context.store.definitions.list());
    const content = <NewPage {...place} texts={texts} problems={told} layers={layers} size={sizeOf(texts)} />;
    const refused = Object.keys(problems).length === 0 ? 200 : REFUSED;
    return sendScreen(reply, page.conflict === undefined ? refused : CONFLICT, { title, content });
  }

  async function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    page: Page,
    make: (texts: NewExperiment) => Promise<Made>,
  ): Promise<FastifyReply> {
    const texts = newExperimentIn(request.body);
    const wanted = wantedOf(request);
    if (wanted === "alternative" || wanted === "kpi") return sendForm(reply, page, withRow(texts, wanted));
    if (wanted === "work-out") {
      const { baseline, uplift } = problemsOf(texts);
      return sendForm(reply, page, texts, { ...(baseline && { baseline }), ...(uplift && { uplift }) });
    }
    const made = await make(texts);
    if (made.kind === "refused") return sendForm(reply, page, texts, made.problems);
    const name = shownName(made.experiment.name);
    const text = page.isNamed ? `Changed ${name}.` : `Made ${name}. It begins with its first visitor.`;
    flash.leave(request, reply, { text, undo: null });
    return reply.redirect(experimentUrl(made.experiment.name), 302);
  }
}

/** What the button that was pressed asks for. */
function wantedOf({ body }: FastifyRequest): string {
  return formField(body, "do") ?? "make";
}

interface Page {
  readonly title: string;
  readonly action: string;
  readonly back: string;
  readonly isNamed: boolean;
  readonly seen?: string | undefined;
  /** That somebody else has changed the draft, in words. */
  readonly conflict?: string;
}

function wordsOf(problem: string | SixpackError): string {
  return typeof problem === "string" ? problem : problemText(problem);
}

function problemsOf(texts: NewExperiment): FieldProblems {
  const checked = checkNewExperiment(texts, 0);
  return checked.kind === "refused" ? checked.problems : {};
}

/** What the plan alone says, whatever else is missing yet: shares are equal where the weights make no sense. */
function sizeOf(texts: NewExperiment): PlannedSize | undefined {
  const known = { ...FRESH, kpis: texts.kpis, baseline: texts.baseline, uplift: texts.uplift, name: "x" };
  const filled = texts.alternatives.map(({ weight }, at) => ({ name: `alternative${at}`, weight }));
  for (const alternatives of [filled, filled.map((row) => ({ ...row, weight: "" }))]) {
    const checked = checkNewExperiment({ ...known, alternatives }, 0);
    if (checked.kind === "good") return checked.draft.plan?.size ?? undefined;
  }
  return undefined;
}
