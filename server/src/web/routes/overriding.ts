/** Asking before a form overrides what a file in a repository says of an experiment; programs are not asked. */
import type { FastifyRequest } from "fastify";
import { formField } from "../../service/administer/fields.ts";
import type { ServiceContext } from "../../service/context.ts";
import { nameOf } from "../http/add-route.ts";
import { wantsPage } from "../http/send.ts";
import { experimentUrl } from "../http/urls.ts";
import type { Screen } from "../views/layout.tsx";
import { OVERRIDE_FIELD, overrideScreen } from "../views/pages/override-page.tsx";

/**
 * @param label what the button of the form says
 * @returns the page that asks; `undefined` where there is nothing to ask
 */
export async function overridden(
  { store }: Pick<ServiceContext, "store">,
  request: FastifyRequest,
  label: string,
): Promise<Screen | undefined> {
  if (!wantsPage(request) || formField(request.body, OVERRIDE_FIELD) === "true") return undefined;
  const name = nameOf(request);
  const stored = await store.definitions.read(name);
  if (stored?.managedBy === undefined) return undefined;
  return overrideScreen({ path: request.url, label, body: request.body, back: experimentUrl(name) });
}
