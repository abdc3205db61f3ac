/**
 * Pages that ask before an action: what will happen, what will be lost, and how to go back on it. Each is a page with a
 * form. Scripts may show the same form in a dialog: links with `data-dialog` lead to a page whose one element with
 * `data-dialog-content` is what the dialog shows.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { SixpackError, unreachable } from "../../domain/errors.ts";
import { alternativeIndex, type Experiment, isIntakeClosed } from "../../domain/experiment.ts";
import { quote } from "../../domain/names.ts";
import { shownName } from "../../lib/shown-name.ts";
import { requiredField } from "../../service/administer/fields.ts";
import { lossOf } from "../../service/administer/loss.ts";
import { decidedOf } from "../../service/analysis/decision.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { type Screen, sendScreen } from "../views/layout.tsx";
import { ArchiveForm, DeleteForm, IntakeForm, ResetForm, RetireForm } from "../views/pages/confirm-page.tsx";
import { ChooseWinner, WinnerForm } from "../views/pages/confirm-winner.tsx";

/** A question to ask; `problem` is what was wrong with the last answer. */
type Confirmation =
  | { readonly kind: "reset" | "delete"; readonly name: string; readonly problem?: string | undefined }
  | { readonly kind: "archive" | "intake" | "winner"; readonly name: string }
  | { readonly kind: "use" | "retire"; readonly name: string; readonly alternative: string };

const WRONG_ANSWER = 400;

/** The pages at the paths of actions, by the end of the path without a slash. */
export function confirmationPages(context: ServiceContext): Readonly<Record<string, RouteHandlerMethod>> {
  const page = (ask: (request: FastifyRequest) => Confirmation): RouteHandlerMethod => {
    return (request, reply) => sendConfirmation(context, reply, ask(request));
  };
  return {
    reset: page((request) => ({ kind: "reset", name: nameOf(request) })),
    delete: page((request) => ({ kind: "delete", name: nameOf(request) })),
    archive: page((request) => ({ kind: "archive", name: nameOf(request) })),
    intake: page((request) => ({ kind: "intake", name: nameOf(request) })),
    winner: page((request) => ({ kind: "winner", name: nameOf(request) })),
    "alternatives/:alternative/retire": page((request) => ({
      kind: "retire",
      name: nameOf(request),
      alternative: requiredField(request.params, "alternative"),
    })),
    // The path of an action, and of the page of an alternative that is called so.
    "winner/reset": page((request) => ({ kind: "use", name: nameOf(request), alternative: "reset" })),
  };
}

/** Of the other alternatives: `winner/<alternative>` is no path of an action. */
export function addWinnerPages(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, "/experiments/:name/winner/:alternative", {
    access: "editor",
    GET: (request, reply) => {
      const alternative = requiredField(request.params, "alternative");
      return sendConfirmation(context, reply, { kind: "use", name: nameOf(request), alternative });
    },
  });
}

/** @throws SixpackError experiment-not-found, not-found: no such alternative */
export async function sendConfirmation(
  context: ServiceContext,
  reply: FastifyReply,
  question: Confirmation,
): Promise<FastifyReply> {
  const experiment = await findExperiment(context, question.name);
  const wrong = "problem" in question && question.problem !== undefined;
  return sendScreen(reply, wrong ? WRONG_ANSWER : 200, await screenOf(context, experiment, question));
}

async function screenOf(context: ServiceContext, experiment: Experiment, question: Confirmation): Promise<Screen> {
  const name = shownName(experiment.name);
  switch (question.kind) {
    case "reset": {
      const loss = await lossOf(context, experiment);
      return { title: `Reset ${name}?`, content: <ResetForm {...{ experiment, loss }} problem={question.problem} /> };
    }
    case "delete": {
      const loss = await lossOf(context, experiment);
      return { title: `Delete ${name}?`, content: <DeleteForm {...{ experiment, loss }} problem={question.problem} /> };
    }
    case "archive": {
      const title = experiment.archived ? `Take ${name} back from the archive?` : `Archive ${name}?`;
      return { title, content: <ArchiveForm experiment={experiment} /> };
    }
    case "intake": {
      const title = isIntakeClosed(experiment) ? `Let ${name} take visitors in?` : `Close the intake of ${name}?`;
      return { title, content: <IntakeForm experiment={experiment} /> };
    }
    case "winner":
      return { title: `Who wins ${name}?`, content: <ChooseWinner experiment={experiment} /> };
    case "use": {
      const { alternative } = question;
      const index = indexOf(experiment, alternative);
      const atMs = context.clock.nowMs();
      const evidence = decidedOf(await context.analyst.read(experiment), { atMs, day: context.clock.today() });
      return {
        title: `Give everybody ${alternative}?`,
        content: <WinnerForm {...{ experiment, alternative, index, evidence }} />,
      };
    }
    case "retire": {
      const { alternative } = question;
      indexOf(experiment, alternative);
      return { title: `Retire ${alternative}?`, content: <RetireForm {...{ experiment, alternative }} /> };
    }
    default:
      return unreachable(question);
  }
}

/** @throws SixpackError not-found */
function indexOf(experiment: Experiment, alternative: string): number {
  const index = alternativeIndex(experiment, alternative);
  if (experiment.alternatives[index]?.retiredInEpoch === null) return index;
  const name = shownName(experiment.name);
  throw new SixpackError("not-found", `Expected an alternative of ${name} that takes part, got ${quote(alternative)}`);
}
