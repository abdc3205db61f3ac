/** Small words with a meaning: states, health, roles of an alternative. A shape or the word itself carries it, never colour alone. */
import { type Experiment, type ExperimentState, isIntakeClosed } from "../../../domain/experiment.ts";
import type { CheckWord } from "../../../service/analysis/check.ts";

const STATE_WORDS = { active: "Active", paused: "Paused", archived: "Archived" } as const;

export function StateChip({ state }: { readonly state: ExperimentState }) {
  return <span class={`state state-${state}`}>{STATE_WORDS[state]}</span>;
}

/** Nothing while the intake is open. */
export function IntakeChip({ experiment }: { readonly experiment: Experiment }) {
  return isIntakeClosed(experiment) ? <span class="state state-closed">Intake closed</span> : null;
}

const HEALTH_SIGNS = { pass: "✓", wait: "…", warn: "!", fail: "✕", error: "✕" } as const;
const HEALTH_LABELS = { pass: "Pass", wait: "Not yet", warn: "Warn", fail: "Fail", error: "Error" } as const;

export function HealthMark({ word }: { readonly word: CheckWord | "error" }) {
  return (
    <span class={`health health-${word}`}>
      <span class="health-sign" aria-hidden="true">
        {HEALTH_SIGNS[word]}
      </span>
      {HEALTH_LABELS[word]}
    </span>
  );
}

/** What an alternative is, beside one of several. */
export type ChipKind = "control" | "winner" | "retired" | "baseline";

export function Chip({ kind }: { readonly kind: ChipKind }) {
  return <span class={`chip chip-${kind}`}>{kind}</span>;
}
