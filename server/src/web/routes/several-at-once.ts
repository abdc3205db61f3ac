/** One act on what was selected in the list, and its undo. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { member } from "../../lib/member.ts";
import { shownName } from "../../lib/shown-name.ts";
import { plural } from "../../lib/text.ts";
import { choiceField, formField, formValues, requiredField, requiredNumber } from "../../service/administer/fields.ts";
import {
  actOnSeveral,
  SEVERAL_ACTS,
  type SeveralAct,
  type SeveralDone,
  undoSeveral,
} from "../../service/administer/several.ts";
import type { ServiceContext } from "../../service/context.ts";
import { addRoute } from "../http/add-route.ts";
import type { Flashes } from "../http/flash.ts";
import { actorOf } from "../http/identity.ts";
import { wantsJson } from "../http/send.ts";
import { SEVERAL_PATH, safePath } from "../http/urls.ts";
import { forPeople } from "../views/ui/for-people.ts";

const DONE: Readonly<Record<SeveralAct, (tag: string) => string>> = {
  pause: () => "Paused",
  resume: () => "Resumed",
  archive: () => "Archived",
  unarchive: () => "Took back from the archive",
  tag: (tag) => `Added the tag ${tag} to`,
  untag: (tag) => `Removed the tag ${tag} from`,
};

/** Refusals that are told by name; the rest are counted. */
const REFUSED_SHOWN_MAX = 3;

export function addSeveral(app: FastifyInstance, context: ServiceContext, flash: Flashes): void {
  addRoute(app, SEVERAL_PATH, {
    access: "editor",
    POST: async (request, reply) => {
      const { body } = request;
      const act = choiceField(body, "do", SEVERAL_ACTS);
      const tag = formField(body, "tag") ?? "";
      const result = await actOnSeveral(context, actorOf(request.identity), formValues(body, "name"), act, tag);
      return answer(request, reply, DONE[act](tag.trim()), result, true);
    },
  });
  addRoute(app, `${SEVERAL_PATH}/undo`, {
    access: "editor",
    POST: async (request, reply) => {
      const { body } = request;
      const lot = { atMs: requiredNumber(body, "at_ms"), actor: requiredField(body, "actor") };
      return answer(request, reply, "Undone for", await undoSeveral(context, actorOf(request.identity), lot), false);
    },
  });

  function answer(
    request: FastifyRequest,
    reply: FastifyReply,
    words: string,
    { lot, done, refused }: SeveralDone,
    hasUndo: boolean,
  ): FastifyReply {
    if (wantsJson(request)) {
      return reply.send({ status: "ok", done, refused, entry: { at_ms: lot.atMs, actor: lot.actor } });
    }
    const fields = { at_ms: String(lot.atMs), actor: lot.actor, back: safePath(member(request.body, "back")) };
    const undo = { experiment: null, action: `${SEVERAL_PATH}/undo`, label: "Undo", fields };
    const text = [done.length === 0 ? "Nothing had to change." : `${words} ${plural(done.length, "experiment")}.`];
    if (refused.length > 0) text.push(refusedText(refused));
    flash.leave(request, reply, { text: text.join(" "), undo: hasUndo && done.length > 0 ? undo : null });
    return reply.redirect(safePath(member(request.body, "back")), 302);
  }
}

function refusedText(refused: SeveralDone["refused"]): string {
  const told = refused
    .slice(0, REFUSED_SHOWN_MAX)
    .map(({ name, reason }) => `${shownName(name)}: ${forPeople(reason).replace(/\.$/, "")}`);
  const more = refused.length - told.length;
  return `Left as ${refused.length === 1 ? "it is" : "they are"}: ${told.join("; ")}${more === 0 ? "" : `; and ${more} more`}.`;
}
