/**
 * Layers: experiments that share their clients out among themselves. Each client has one place in a layer, each
 * experiment a slice of it, and slices don't overlap, so nobody is in two experiments of one layer. What no experiment has
 * is a holdout. Places of different layers have nothing to do with each other, nor with what anybody is assigned.
 *
 * What an experiment had is its own until it is archived: its participants of then keep their alternatives.
 */
import { SixpackError } from "./errors.ts";
import type { Epoch, Experiment, LayerSlice } from "./experiment.ts";
import { expectedName, isName, quote } from "./names.ts";
import { percentOf } from "./traffic.ts";

/** A part of a layer: from `from` up to, but without, `to`. */
export type Span = Pick<LayerSlice, "from" | "to">;

/** Places are told apart to this many digits, so that 33.3 % is 0.333 whoever writes it. */
const DIGITS = 10;

/** @param span two numbers in [0, 1], as written. @throws SixpackError invalid-slice */
export function parseSlice(layer: string, span: readonly string[]): LayerSlice {
  if (!isName(layer)) {
    throw new SixpackError("invalid-slice", expectedName("`layer` as a name", layer));
  }
  const [from = Number.NaN, to = Number.NaN] = span.map((text) =>
    text.trim() === "" ? Number.NaN : Number(Number(text).toFixed(DIGITS)),
  );
  if (span.length !== 2 || !(from >= 0 && from < to && to <= 1)) {
    throw new SixpackError(
      "invalid-slice",
      `Expected \`slice\` as two numbers from 0 to 1, the smaller one first, got ${quote(span.join(", "))}`,
    );
  }
  return { layer, from, to };
}

/** @param percents where it begins and ends, as people write it. @throws SixpackError invalid-slice */
export function parseSlicePercents(layer: string, percents: readonly string[]): LayerSlice {
  return parseSlice(
    layer,
    percents.map((percent) => (percent.trim() === "" ? "" : String(Number(percent) / 100))),
  );
}

/** What `parseSlicePercents` reads; nothing where there is no slice. */
export function slicePercents(slice: LayerSlice | undefined): readonly string[] {
  return slice === undefined ? [] : [slice.from, slice.to].map((end) => String(percentOf(end)));
}

/** For people: `checkout 0–50%`. */
export function sliceText({ layer, ...span }: LayerSlice): string {
  return `${layer} ${spanText(span)}`;
}

/** For people: `0–50%`. */
export function spanText({ from, to }: Span): string {
  return `${percentOf(from)}–${percentOf(to)}%`;
}

export function sameSlice(one: LayerSlice | undefined, other: LayerSlice | undefined): boolean {
  return one?.layer === other?.layer && one?.from === other?.from && one?.to === other?.to;
}

/** Share of all clients that an epoch takes in: of those in its slice, the traffic fraction. */
export function shareTakenIn({ trafficFraction, slice }: Pick<Epoch, "trafficFraction" | "slice">): number {
  return slice === undefined ? trafficFraction : trafficFraction * (slice.to - slice.from);
}

/** What an experiment holds of its layer: its slice, and those before, whose participants keep what they have. */
export function heldSlices(experiment: Pick<Experiment, "epochs" | "archived">): readonly LayerSlice[] {
  const slice = experiment.epochs.at(-1)?.slice;
  if (slice === undefined || experiment.archived) return [];
  return experiment.epochs.flatMap((epoch) => (epoch.slice?.layer === slice.layer ? [epoch.slice] : []));
}

type Holder = Pick<Experiment, "name" | "epochs" | "archived">;

/** A part of a layer, and who holds it. */
export interface Holding extends Span {
  readonly experiment: string;
}

/** Who holds what of a layer, by place. */
export function holdingsOf(layer: string, experiments: readonly Holder[]): readonly Holding[] {
  return experiments
    .flatMap((experiment) =>
      joined(heldSlices(experiment).filter((slice) => slice.layer === layer)).map((span) => ({
        experiment: experiment.name as string,
        ...span,
      })),
    )
    .sort((a, b) => a.from - b.from);
}

/** What nobody holds: the holdout, and what the next experiment may have. */
export function freeSpans(holdings: readonly Span[]): readonly Span[] {
  const ends = [0, ...joined(holdings).flatMap(({ from, to }) => [from, to]), 1];
  return ends.flatMap((from, at) => {
    const to = ends[at + 1];
    return at % 2 === 0 && to !== undefined && from < to ? [{ from, to }] : [];
  });
}

/** @throws SixpackError slice-taken: the detail says by whom, and what is free */
export function checkFree(wanted: readonly LayerSlice[], holdings: readonly Holding[]): void {
  for (const slice of wanted) {
    const taken = holdings.find(({ from, to }) => from < slice.to && slice.from < to);
    if (taken === undefined) continue;
    const free = freeSpans(holdings).map(spanText).join(", ");
    throw new SixpackError(
      "slice-taken",
      `Expected a slice that nobody has, got ${sliceText(slice)}, of which ${taken.experiment} has ${spanText(taken)} until it is archived. Free: ${free === "" ? "nothing" : free}`,
    );
  }
}

/** Every layer, by name, with who holds what of it. */
export function layersOf(experiments: readonly Holder[]): readonly Layer[] {
  const names = new Set(experiments.flatMap((one) => heldSlices(one).map(({ layer }) => layer)));
  return [...names].sort().map((name) => {
    const holdings = holdingsOf(name, experiments);
    return { name, holdings, free: freeSpans(holdings) };
  });
}

export interface Layer {
  readonly name: string;
  readonly holdings: readonly Holding[];
  /** The holdout, and what the next experiment may have. */
  readonly free: readonly Span[];
}

/** Pairs of experiments whose clients may be in both: no act makes one, a file that was imported may. */
export function overlapsIn({ holdings }: Layer): readonly (readonly [Holding, Holding])[] {
  return holdings.flatMap((one, at) =>
    holdings.slice(at + 1).flatMap((other) => {
      const isShared = one.experiment !== other.experiment && one.from < other.to && other.from < one.to;
      return isShared ? [[one, other] as const] : [];
    }),
  );
}

/** In order, those that touch or overlap made one. */
function joined(spans: readonly Span[]): readonly Span[] {
  const whole: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else whole.push({ from, to });
  }
  return whole;
}
