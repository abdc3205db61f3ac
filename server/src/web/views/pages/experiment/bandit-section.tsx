/**
 * What a bandit does and what can honestly be said of it: whether to stop, what its shares brought, and the two figures
 * that stay right under changing shares. Every figure is one of `service/analysis/bandit-report.ts` or of the report.
 */
import type { ComponentChildren } from "preact";
import { currentEpoch } from "../../../../domain/experiment.ts";
import { kpiWords } from "../../../../domain/kpi.ts";
import { isLearning, type Policy, ruleOf } from "../../../../domain/policy/policies.ts";
import { plural } from "../../../../lib/text.ts";
import type { BanditReport } from "../../../../service/analysis/bandit-report.ts";
import { BANDIT_DAYS_MIN, CHANCE_TO_STOP } from "../../../../stats/bandit.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { count, decimal, moment, rate, share } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { BanditTable } from "./bandit-table.tsx";

/** Nothing where no bandit ever shared clients out, and for a range of days. */
export function BanditSection({ view }: { readonly view: ExperimentView }) {
  const { bandit, hidden } = view.analysis;
  if (bandit === null) return null;
  return (
    <section class="section" aria-labelledby="bandit-title">
      <div class="section-head">
        <h2 id="bandit-title">Bandit</h2>
        <How anchor="bandits" about="the bandit">
          The bandit sends most new visitors to what is likely to be best, and always shares some out evenly. Two
          figures stay right under that: the uplift within batches, which compares clients who came at the same shares,
          and the one of the evenly drawn visitors, which is smaller and a clean test by itself. Where they agree,
          believe them. The range of each rate holds at every look while the rate itself is steady.
        </How>
      </div>
      <div class="panel" id="bandit">
        <div class="padded bandit-lead">
          <p class="banner-text">
            <Advice bandit={bandit} />
          </p>
          {bandit.stopping === null ? null : (
            <p class="muted small">
              This weighs what is left to gain. The decision above asks for more: a difference that holds however often
              one looks.
            </p>
          )}
          <Tiles view={view} bandit={bandit} />
        </div>
        {bandit.caution === null ? <BanditTable view={view} bandit={bandit} /> : null}
        <p class="padded small muted bandit-hidden">
          <strong>Hidden:</strong> {hidden} So there is no planned look, no p-value of one look, no pooled range, and no
          Sixpack label.
        </p>
      </div>
    </section>
  );
}

function Advice({ bandit: { stopping, caution, kpi } }: { readonly bandit: BanditReport }) {
  const advice = caution ?? stopping?.sentence ?? "";
  if (advice === "") {
    return (
      <>
        <strong>Learning has not begun:</strong> nobody reached {kpiWords(kpi)} yet, and all alternatives get equal
        shares.
      </>
    );
  }
  const end = advice.indexOf(":") + 1;
  return (
    <>
      <strong>{advice.slice(0, end)}</strong>
      {advice.slice(end)}
    </>
  );
}

function Tiles({ view, bandit }: { readonly view: ExperimentView; readonly bandit: BanditReport }) {
  const { stopping, exploration, batches, kpi } = bandit;
  return (
    <dl class="tiles">
      <SavedTile bandit={bandit} />
      <Tile
        name="Another could still add"
        note={`nothing once one has a chance of ${share(CHANCE_TO_STOP)} to be the best; stops then, after ${BANDIT_DAYS_MIN} days at the earliest`}
      >
        {stopping === null ? "–" : rate(stopping.valueRemaining)}
      </Tile>
      <Tile name="Drawn evenly" note={`${plural(exploration.participants, "visitor")}, a test of their own`}>
        {rate(exploration.share)}
      </Tile>
      <Tile name="Batches" note={nextText(bandit, currentEpoch(view.experiment).policy, view.nowMs)}>
        {count(batches)}{" "}
        <span class="tile-unit">
          by {kpiWords(kpi)}
          {kpi.better === "lower" ? ", lower is better" : ""}
        </span>
      </Tile>
    </dl>
  );
}

function SavedTile({ bandit: { saved, kpi } }: { readonly bandit: BanditReport }) {
  const name = "Saved against equal shares";
  const { lower, upper } = saved.interval;
  if (lower === upper) {
    return (
      <Tile name={name} note="shares were equal so far">
        –
      </Tile>
    );
  }
  return (
    <Tile name={name} note={`${signed(lower)} to ${signed(upper)}, by the batches' own visitors`}>
      {signed(saved.estimate)}{" "}
      <span class="tile-unit">{kpi.better === "higher" ? "conversions" : "conversions avoided"}</span>
    </Tile>
  );
}

interface TileProps {
  readonly name: string;
  readonly note: string;
  readonly children: ComponentChildren;
}

function Tile({ name, note, children }: TileProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        <span class="under">{note}</span>
      </dd>
    </div>
  );
}

function nextText({ goal, nextBatch }: BanditReport, policy: Policy, nowMs: number): string {
  if (!isLearning(policy)) return "another policy is in force";
  const aim = goal === null ? ruleOf(policy).describe(policy) : `to ${goal}`;
  if (nextBatch === null) return `${aim}; it rests`;
  const { participantsLeft, notBeforeMs } = nextBatch;
  const soon = notBeforeMs <= nowMs ? "within seconds" : `at ${moment(notBeforeMs)}`;
  const next = participantsLeft === 0 ? soon : `after ${plural(participantsLeft, "more visitor")}`;
  return `${aim}; next one ${next}`;
}

/** Conversions are whole, what was saved of them is an estimate: no decimals where they say nothing. */
function signed(value: number): string {
  const text = Math.abs(value) < 10 ? decimal(value, 1) : count(Math.round(value));
  return value > 0 ? `+${text}` : text;
}
