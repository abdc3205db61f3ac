/** What a reset or delete would remove: the figures on the page that asks for confirmation. */
import type { Experiment } from "../../domain/experiment.ts";
import { type Kpi, kpisOf } from "../../domain/kpi.ts";
import type { ReportContext } from "../report/kpi-view.ts";
import { countsNow } from "../stored-tallies.ts";
import { unlessUnreadable } from "../unless-unreadable.ts";

export interface Loss {
  readonly participants: number;
  readonly excluded: number;
  /** Per KPI in stored order, the default one first. */
  readonly conversions: readonly { readonly kpi: Kpi; readonly count: number }[];
}

/** `undefined` where it can't be read. */
export async function lossOf({ store }: ReportContext, experiment: Experiment): Promise<Loss | undefined> {
  const counts = await unlessUnreadable(countsNow(store, experiment), undefined);
  return (
    counts && {
      participants: counts.participants,
      excluded: counts.excluded(),
      conversions: kpisOf(experiment).map((kpi) => ({ kpi, count: counts.total(kpi.number).clients })),
    }
  );
}
