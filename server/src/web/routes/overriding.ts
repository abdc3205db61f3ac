/** Asking before a form overrides what a file in a repository says of an experiment; programs are not asked. */
import type { FastifyRequest } from "fastify";
import type { Target } from "../../service/administer/act.ts";
import { formField } from "../../service/administer/fields.ts";
import { overridesFile } from "../../service/as-code/overrides-file.ts";
import type { ServiceContext } from "../../service/context.ts";
import { OVERRIDE_FIELD, sentFields } from "../http/form.ts";
import { actorOf } from "../http/identity.ts";
import { wantsPage } from "../http/send.ts";
import { experimentUrl } from "../http/urls.ts";
import type { Screen } from "../views/layout.tsx";
import { overrideScreen } from "../views/pages/override-page.tsx";

export interface Asked {
  readonly name: string;
  /** What the button of the form says. */
  readonly label: string;
  /** What the form does. */
  readonly run: (context: ServiceContext, target: Target) => Promise<unknown>;
}

/** @returns the page that asks; `undefined` where there is nothing to ask */
export async function overridden(
  context: ServiceContext,
  request: FastifyRequest,
  { name, label, run }: Asked,
): Promise<Screen | undefined> {
  if (!wantsPage(request) || formField(request.body, OVERRIDE_FIELD) === "true") return undefined;
  const target = { name, actor: actorOf(request.identity) };
  if (!(await overridesFile(context, name, (on) => run(on, target)))) return undefined;
  return overrideScreen({ path: request.url, label, fields: sentFields(request.body), back: experimentUrl(name) });
}
