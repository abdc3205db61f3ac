/** What people say of an experiment, and whether a repository has the say over its definition. */
import { Type } from "typebox";
import {
  type About,
  aboutOf,
  HYPOTHESIS_LENGTH_MAX,
  OWNER_LENGTH_MAX,
  TAG_LENGTH_MAX,
  TAGS_MAX,
  TICKET_LENGTH_MAX,
} from "../../../domain/about.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import { member } from "../../../lib/member.ts";
import { type Act, type AdministerContext, change, type Part, setPart, type Target } from "../act.ts";
import { choice, choiceField, formField, formList } from "../fields.ts";

/** As JSON in the log. */
const ABOUT: Part = {
  stateOf: ({ about: { notes: _, ...told } = {} }) => (Object.keys(told).length === 0 ? null : JSON.stringify(told)),
  set: ({ about, ...experiment }, state) => {
    const notes = about?.notes === undefined ? {} : { notes: about.notes };
    const next: About = { ...(state === null ? {} : aboutOf(JSON.parse(state))), ...notes };
    return Object.keys(next).length === 0 ? experiment : { ...experiment, about: next };
  },
  wordFor: () => "tell-about",
};

type Given = Parameters<typeof aboutOf>[0];

/** What is left out stays; what is empty is taken away. @throws SixpackError experiment-not-found, invalid-form, experiment-busy */
export function setAbout(context: AdministerContext, target: Target, given: Given): Promise<Experiment> {
  return changeAbout(context, target, () => given);
}

/** The same, where it depends on what is stored. @throws SixpackError as above; whatever `tell` throws */
export function changeAbout(
  context: AdministerContext,
  target: Target,
  tell: (stored: Experiment) => Given,
): Promise<Experiment> {
  return change(context, target, (stored) => {
    const told = Object.fromEntries(Object.entries(tell(stored)).filter(([, value]) => value !== undefined));
    return setPart(ABOUT, JSON.stringify(aboutOf({ ...stored.about, ...told })))(stored);
  });
}

export const tellAbout: Act = {
  path: "about",
  role: "editor",
  label: "Save",
  body: {
    owner: Type.Optional(Type.String({ maxLength: OWNER_LENGTH_MAX })),
    tags: Type.Optional(
      // A list without items can't be told from one that a form left out.
      Type.Array(Type.String({ maxLength: TAG_LENGTH_MAX }), {
        minItems: 1,
        maxItems: TAGS_MAX,
        description: "an empty text takes all away",
      }),
    ),
    hypothesis: Type.Optional(Type.String({ maxLength: HYPOTHESIS_LENGTH_MAX })),
    ticket: Type.Optional(
      Type.String({ maxLength: TICKET_LENGTH_MAX, description: "an address of `http` or `https`" }),
    ),
  },
  does: "says who answers for it, what it belongs to, what is expected of it, and where it is discussed; what is left out stays, what is empty is taken away",
  run: (context, target, { body }) =>
    setAbout(context, target, {
      owner: formField(body, "owner"),
      tags: member(body, "tags") !== undefined ? formList(body, "tags") : undefined,
      hypothesis: formField(body, "hypothesis"),
      ticket: formField(body, "ticket"),
    }),
  done: (name) => `Saved what is said of ${name}.`,
  log: { "tell-about": { words: "told about", part: ABOUT } },
};

const MANAGERS = ["people", "repo"] as const;

const MANAGED: Part = {
  stateOf: ({ managedBy }) => managedBy ?? "people",
  set: ({ managedBy: _, ...experiment }, state) =>
    state === "repo" ? { ...experiment, managedBy: "repo" } : experiment,
  wordFor: (state) => (state === "repo" ? "manage-by-repo" : "manage-by-people"),
};

/** @throws SixpackError experiment-not-found, experiment-busy */
export function setManager(
  context: AdministerContext,
  target: Target,
  manager: (typeof MANAGERS)[number],
): Promise<Experiment> {
  return change(context, target, setPart(MANAGED, manager));
}

export const manage: Act = {
  path: "managed",
  role: "editor",
  label: "Save",
  body: { managed_by: choice(MANAGERS) },
  does: "says whether a file in a repository has the say (`sixpack apply`), so that forms ask before they override it",
  run: (context, target, { body }) => setManager(context, target, choiceField(body, "managed_by", MANAGERS)),
  done: (name, experiment) => `${name} is managed by ${experiment?.managedBy ?? "people"}.`,
  log: {
    "manage-by-repo": { words: "left to a repository", part: MANAGED },
    "manage-by-people": { words: "took back from the repository", part: MANAGED },
  },
};
