/** What people say of an experiment: who answers for it, what it belongs to, what they expect; shown at its head, and as a form. */
import type { Experiment } from "../../../../domain/experiment.ts";
import { actionUrl, labelledUrl } from "../../../http/urls.ts";
import { CsrfField } from "../../ui/hidden-fields.tsx";
import { Tags } from "../../ui/tags.tsx";

interface AboutProps {
  readonly experiment: Experiment;
}

/** Nothing where nothing was said. */
export function About({ experiment: { about } }: AboutProps) {
  if (about === undefined) return null;
  const { owner, tags, hypothesis, ticket } = about;
  if (owner === undefined && tags === undefined && hypothesis === undefined && ticket === undefined) return null;
  return (
    <div class="about" id="about">
      {hypothesis === undefined ? null : (
        <p class="hypothesis">
          <span class="muted">Hypothesis</span> {hypothesis}
        </p>
      )}
      <p class="about-line">
        {owner === undefined ? null : (
          <span>
            Owner <a href={labelledUrl({ owner })}>{owner}</a>
          </span>
        )}
        {ticket === undefined ? null : (
          <a href={ticket} rel="noreferrer">
            {hostAndEnd(ticket)}
          </a>
        )}
        <Tags tags={tags} />
      </p>
    </div>
  );
}

/** `shop.example/browse/ABC-12`: what tells one ticket from another. */
function hostAndEnd(address: string): string {
  const { host, pathname } = new URL(address);
  const end = pathname
    .split("/")
    .filter((part) => part !== "")
    .at(-1);
  return end === undefined ? host : `${host} … ${end}`;
}

export function AboutForm({ experiment: { name, about } }: AboutProps) {
  return (
    <form class="stack" method="post" action={actionUrl(name, "about")}>
      <CsrfField />
      <AboutFields
        about={{
          owner: about?.owner ?? "",
          tags: about?.tags?.join(", ") ?? "",
          hypothesis: about?.hypothesis ?? "",
          ticket: about?.ticket ?? "",
        }}
      />
      <div>
        <button type="submit">Save owner, tags and hypothesis</button>
      </div>
    </form>
  );
}

/** As people type them. */
type AboutTexts = Readonly<Record<"owner" | "tags" | "hypothesis" | "ticket", string>>;

export function AboutFields({ about }: { readonly about: AboutTexts }) {
  return (
    <>
      <label class="field">
        Hypothesis: what is expected, and why
        <textarea name="hypothesis" rows={3} value={about.hypothesis} />
      </label>
      <div class="fields">
        <label class="field grow">
          Owner
          <input name="owner" value={about.owner} autocomplete="off" />
        </label>
        <label class="field grow">
          Tags, with commas
          <input name="tags" value={about.tags} autocomplete="off" autocapitalize="none" />
        </label>
        <label class="field grow">
          Link to the ticket
          <input name="ticket" type="text" inputMode="url" value={about.ticket} autocomplete="off" spellcheck={false} />
        </label>
      </div>
    </>
  );
}
