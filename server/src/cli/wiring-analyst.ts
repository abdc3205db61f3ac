/** From the configuration to the analyst, who reads the results of a store. */
import type { Config } from "../config/schema.ts";
import { Analyst, type AnalystParts } from "../service/analysis/analyst.ts";

/** @param onNoticed left out by commands: what they notice is written down, and told by a server */
export function analystOf(
  { open }: Config,
  { store, clock }: Pick<AnalystParts, "store" | "clock">,
  onNoticed: AnalystParts["onNoticed"] = () => {},
): Analyst {
  return new Analyst({ store, clock, findsValues: !open, onNoticed });
}
