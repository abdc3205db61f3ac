/** The links to one experiment that people without a login can open: what there is, and a form for another. */
import type { Experiment } from "../../../domain/experiment.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { SHARE_DAYS_DEFAULT, SHARE_DAYS_MAX, type ShareLink } from "../../../service/share-links.ts";
import { actionUrl, experimentUrl, linksUrl } from "../../http/urls.ts";
import { Copyable } from "../ui/copyable.tsx";
import { date } from "../ui/format.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";

interface ShareLinksPageProps {
  readonly experiment: Experiment;
  readonly links: readonly { readonly link: ShareLink; readonly address: string }[];
}

export function ShareLinksPage({ experiment: { name }, links }: ShareLinksPageProps) {
  return (
    <>
      <p>
        Whoever has a link reads <a href={experimentUrl(name)}>{shownName(name)}</a> without a login: its description,
        hypothesis, figures and charts. Owner, tags, ticket, notes and the reason of a decision stay inside, and so do
        the log and every other experiment. Search engines are told to leave it out. A link ends on its day, when it is
        taken back, or when the experiment is reset or deleted.
      </p>
      <form class="fields spaced" method="post" action={linksUrl(name)}>
        <CsrfField />
        <label class="field">
          Days that it opens, up to {SHARE_DAYS_MAX}
          <input name="days" type="text" inputMode="numeric" size={8} value={String(SHARE_DAYS_DEFAULT)} required />
        </label>
        <button type="submit">Make a link</button>
      </form>
      <section class="section" aria-labelledby="links-title">
        <div class="section-head">
          <h2 id="links-title">Links that open</h2>
        </div>
        {links.length === 0 ? <p class="muted">None.</p> : null}
        {links.map(({ link, address }) => (
          <div key={link.id} class="panel padded stack spaced" id={`link-${link.id}`}>
            <Copyable text={address} label={`the link of ${date(link.createdAtMs)}`} />
            <form class="buttons" method="post" action={actionUrl(name, "links/revoke")}>
              <CsrfField />
              <HiddenFields fields={{ id: link.id }} />
              <span class="muted">
                Made by {link.actor} on {date(link.createdAtMs)}, opens until {date(link.expiresAtMs)}
              </span>
              <button
                type="submit"
                class="quiet danger end"
                aria-label={`Take back the link of ${date(link.createdAtMs)}`}
              >
                Take back
              </button>
            </form>
          </div>
        ))}
      </section>
    </>
  );
}
