/** What is left of an experiment when it starts anew. */
import { currentEpoch, type Experiment, type ExperimentDraft } from "./experiment.ts";
import { isDescribed } from "./kpi-definition.ts";
import { evenly, ruleOf } from "./policy/policies.ts";
import { renewed } from "./schedule.ts";

/** The draft from which a reset starts anew: same alternatives, settings, plan and description; no winner, no records, no KPIs but those that a person described. */
export function freshDraft(experiment: Experiment, nowMs: number): ExperimentDraft {
  const { trafficFraction, policy, weights } = currentEpoch(experiment);
  const { weightsByPeople } = ruleOf(policy);
  const active = experiment.alternatives.map(({ retiredInEpoch }) => retiredInEpoch === null);
  return {
    name: experiment.name,
    alternatives: experiment.alternatives.filter((_, index) => active[index]).map(({ name }) => name),
    trafficFraction,
    // What a bandit learned belongs to the life that ends.
    weights: weightsByPeople ? (weights?.filter((_, index) => active[index]) ?? null) : null,
    policy: weightsByPeople ? policy : evenly(policy),
    createdAtMs: nowMs,
    description: experiment.description,
    plan: experiment.planning.plan,
    trafficHeld: experiment.trafficHeld === true,
    dimensions: experiment.dimensions,
    about: experiment.about,
    managedBy: experiment.managedBy,
    schedule: experiment.schedule === undefined ? undefined : renewed(experiment.schedule, nowMs),
    kpis: experiment.kpis.filter((kpi) => kpi.name === null || (isDescribed(kpi) && kpi.dropped !== true)),
  };
}
