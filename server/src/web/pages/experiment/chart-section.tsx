/** The charts: which one, by which period, and the same as a table. */
import type { ExperimentView } from "../../experiment-view.ts";

export function ChartSection({ view: _view }: { readonly view: ExperimentView }) {
  return null;
}
