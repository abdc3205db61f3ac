/**
 * A policy is the rule that gives a new client its alternative. Each is one record in a file of this folder, and a line
 * in `policies.ts`: no other code depends on which policy is in force.
 *
 * An epoch keeps the settings of its policy, an object with the policy's `kind`, and beside them the weights. An epoch
 * without weights shares its clients out evenly.
 */
import type { Assignment } from "../assignment.ts";
import type { Digest } from "../digest.ts";
import type { Evidence } from "./evidence.ts";

/** One of a few values that people choose for a policy, by the name of a form field. */
export interface Choice {
  readonly label: string;
  /** Each value with its words; the first is the default. */
  readonly options: Readonly<Record<string, string>>;
}

export interface PolicyRule<Settings extends { readonly kind: string }> {
  readonly kind: Settings["kind"];
  /** Its option on the dashboard. */
  readonly label: string;
  /** A sentence or two for whoever chooses. */
  readonly about: string;
  /** Whether people set its weights: such a policy is chosen by setting them, and never by its name. */
  readonly weightsByPeople: boolean;
  readonly choices: Readonly<Record<string, Choice>>;

  /** Settings at the start, when shares are even. Of `chosen` it takes what `choices` names, or the default. */
  begin(chosen: object): Settings;

  /** In words, for the activity log and for the reason of an epoch. */
  describe(settings: Settings): string;

  /**
   * The alternative of a new client, the same for the same digest.
   * @param weights in stored order, summing to 1, 0 for retired ones; `null` means all alike
   * @param active positions of the alternatives that take new clients
   */
  choose(settings: Settings, digest: Digest, weights: readonly number[] | null, active: readonly number[]): Assignment;

  /**
   * What the next batch goes by. Only policies that learn have this: their shares follow the results, so figures that
   * assume fixed shares are withheld. `weights` are those of the active alternatives, in their order.
   */
  rebalance?(
    settings: Settings,
    evidence: Evidence,
  ): { readonly settings: Settings; readonly weights: readonly number[] };
}
