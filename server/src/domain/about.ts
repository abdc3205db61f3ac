/** What people say of an experiment beside its description: who answers for it, what it belongs to, what they expect. */
import { SixpackError } from "./errors.ts";
import { quote } from "./names.ts";

export interface About {
  readonly owner?: string;
  readonly tags?: readonly string[];
  readonly hypothesis?: string;
}

/** Longest owner or tag, and longest hypothesis, in UTF-16 code units. */
export const OWNER_LENGTH_MAX = 255;
export const TAG_LENGTH_MAX = 50;
export const TAGS_MAX = 20;
export const HYPOTHESIS_LENGTH_MAX = 2_000;

/** What is empty is left out. @throws SixpackError invalid-form */
export function aboutOf(raw: {
  readonly owner?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly hypothesis?: string | undefined;
}): About {
  const [owner, hypothesis] = [raw.owner?.trim() ?? "", raw.hypothesis?.trim() ?? ""];
  const tags = [...new Set((raw.tags ?? []).map((tag) => tag.trim()).filter((tag) => tag !== ""))].sort();
  check("owner", owner, OWNER_LENGTH_MAX);
  check("hypothesis", hypothesis, HYPOTHESIS_LENGTH_MAX);
  for (const tag of tags) check("tags", tag, TAG_LENGTH_MAX);
  if (tags.length > TAGS_MAX)
    throw new SixpackError("invalid-form", `Expected at most ${TAGS_MAX} tags, got ${tags.length}`);
  return {
    ...(owner === "" ? {} : { owner }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(hypothesis === "" ? {} : { hypothesis }),
  };
}

function check(field: string, text: string, lengthMax: number): void {
  if (text.length <= lengthMax) return;
  throw new SixpackError(
    "invalid-form",
    `Expected \`${field}\` of at most ${lengthMax} characters, got ${quote(text)}`,
  );
}
