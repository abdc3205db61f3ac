/** The strip above the list: experiments whose data or state asks for a person. Absent when there is none. */

import { shownName } from "../../../../lib/shown-name.ts";
import type { OverviewRow } from "../../../../service/report/overview.ts";
import { experimentUrl } from "../../../http/urls.ts";
import { HealthMark } from "../../ui/chips.tsx";
import { count } from "../../ui/format.ts";

/** Shown open; the rest waits behind a summary. */
const SHOWN_MAX = 4;

export function Attention({ rows }: { readonly rows: readonly OverviewRow[] }) {
  const sorted = [...rows].sort((a, b) => rank(b) - rank(a));
  const rest = sorted.slice(SHOWN_MAX);
  return (
    <div id="attention" data-live>
      {sorted.length === 0 ? null : (
        <section class="attention panel" aria-labelledby="attention-title">
          <h2 id="attention-title">
            Needs attention <span class="tally">{count(sorted.length)}</span>
          </h2>
          <Concerns rows={sorted.slice(0, SHOWN_MAX)} />
          {rest.length === 0 ? null : (
            <details>
              <summary>{count(rest.length)} more</summary>
              <Concerns rows={rest} />
            </details>
          )}
        </section>
      )}
    </div>
  );
}

function Concerns({ rows }: { readonly rows: readonly OverviewRow[] }) {
  return (
    <ul>
      {rows.map(({ experiment: { name }, figures }) => (
        <li key={name}>
          <HealthMark word={figures.kind === "read" ? figures.health : "error"} />
          <a class="attention-name" href={`${experimentUrl(name)}#health`}>
            {shownName(name)}
          </a>
          <span class="attention-text muted">
            {figures.kind === "read" ? (worst(figures.concerns)?.finding ?? "") : figures.message}
          </span>
        </li>
      ))}
    </ul>
  );
}

function worst<T extends { readonly word: string }>(concerns: readonly T[]): T | undefined {
  return concerns.find(({ word }) => word === "fail") ?? concerns[0];
}

function rank({ figures }: OverviewRow): number {
  return figures.kind === "failed" ? 3 : figures.health === "fail" ? 2 : 1;
}
