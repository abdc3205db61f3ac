/** Whether the data can be trusted: each check with its word, and what to do. */
import { CHECK_TITLES, worstWord } from "../../../../service/analysis/check.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { calibrationUrl } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { HealthMark } from "../../ui/chips.tsx";
import { How } from "../../ui/how.tsx";

export function HealthSection({ view: { checks, experiment } }: { readonly view: ExperimentView }) {
  const { isGuest } = useCurrentUser();
  return (
    <section class="section" aria-labelledby="health">
      <div class="section-head">
        <h2 id="health">Health</h2>
        <HealthMark word={worstWord(checks)} />
        <How anchor="sample-ratio-mismatch" about="health">
          Results are only as good as the split they rest on. A failed check means the figures above should not be used
          until its cause is found; a warning asks for a look.
        </How>
        {isGuest ? null : (
          <a class="small end" href={calibrationUrl(experiment.name)}>
            How often we would be wrong on this traffic
          </a>
        )}
      </div>
      <div class="panel">
        <ul class="checks" id="checks">
          {checks.map(({ kind, word, finding, advice }) => (
            <li key={kind}>
              <HealthMark word={word} />
              <span class="check-title">{CHECK_TITLES[kind]}</span>
              <span class="check-finding">
                {finding}
                {advice === null ? null : <span class="under">{advice}</span>}
              </span>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
