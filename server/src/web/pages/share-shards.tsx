/** The form that spreads an experiment over servers of a Redis Cluster. */
import type { Experiment } from "../../domain/experiment.ts";
import { SHARDS_MAX, shardsOf } from "../../domain/shards.ts";
import { useVisitor } from "../visitor.ts";
import { Section, ShareForm } from "./share-form.tsx";

/** Nothing for visitors who may not. */
export function ShardsForm({ experiment }: { readonly experiment: Experiment }) {
  if (!useVisitor().can("admin")) return null;
  return (
    <Section heading="Shards">
      <p id="share-shards-help">
        On a Redis Cluster, over how many places its clients are spread, so that several servers share the work of one
        busy experiment. Begins no epoch. It can be changed only while the experiment has no clients.
      </p>
      <ShareForm experiment={experiment} action="shards" label="Set shards">
        <label class="field">
          Shards{" "}
          <input
            name="shards"
            type="number"
            min="1"
            max={SHARDS_MAX}
            required
            value={shardsOf(experiment)}
            aria-describedby="share-shards-help"
          />
        </label>
      </ShareForm>
    </Section>
  );
}
