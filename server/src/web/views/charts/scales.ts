/** From periods and values to points of the picture. */
import { max, quantile } from "d3-array";
import { type ScaleLinear, scaleLinear } from "d3-scale";
import type { ChartModel } from "./model.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Frame extends Size {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Scales {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
}

/** Of the first periods a band is as wide as the whole chart; the axis is fitted to what comes after this part. */
const EARLY_PART = 0.25;
/** Smallest reach of an uplift axis, so that no difference is blown up into one. */
const UPLIFT_REACH_MIN = 0.02;

export function scalesOf(model: ChartModel, frame: Frame, ticks: number): Scales {
  const last = Math.max(1, model.labels.length - 1);
  const x = scaleLinear([0, last], [frame.left, frame.width - frame.right]);
  const y = scaleLinear([...domainOf(model)], [frame.height - frame.bottom, frame.top]).nice(ticks);
  return { x, y };
}

/** A page draws one chart in several sizes. */
const DOMAINS = new WeakMap<ChartModel, readonly [number, number]>();

function domainOf(model: ChartModel): readonly [number, number] {
  const known = DOMAINS.get(model) ?? fittingDomain(model);
  DOMAINS.set(model, known);
  return known;
}

function fittingDomain({ lines, labels, isSigned, curve }: ChartModel): readonly [number, number] {
  if (curve === "step") {
    // Every step counts, the first ones too; and a line shall not lie on the frame.
    const highest = max(lines.flatMap(({ points }) => points.map(({ value }) => value ?? 0))) || 1;
    return [0, Math.min(1, highest * 1.05)];
  }
  const from = Math.floor(labels.length * EARLY_PART);
  const late = lines.flatMap(({ points }) => points.slice(from));
  const values = late.flatMap(({ value }) => value ?? []);
  const limits = late.flatMap(({ lower, upper }) => [lower, upper].flatMap((limit) => limit ?? []));
  if (!isSigned) return [0, max([...values, quantile(limits, 0.97) ?? 0]) || 1];
  const reach = max([...values.map(Math.abs), quantile(limits.map(Math.abs), 0.85) ?? 0, UPLIFT_REACH_MIN]) ?? 1;
  return [-reach, reach];
}

/** Positions of at most `count` periods, the last one always among them. */
export function tickPositions(periods: number, count: number): readonly number[] {
  if (periods === 0) return [];
  const step = Math.max(1, Math.ceil((periods - 1) / Math.max(1, count - 1)));
  const positions: number[] = [];
  for (let at = periods - 1; at >= 0; at -= step) positions.unshift(at);
  return positions;
}

/** Places labels at their heights, moved apart where they would touch. */
export function spread(heights: readonly number[], gap: number, top: number, bottom: number): readonly number[] {
  const order = heights.map((height, index) => ({ height, index })).sort((a, b) => a.height - b.height);
  let previous = top - gap;
  for (const item of order) {
    item.height = Math.max(item.height, previous + gap);
    previous = item.height;
  }
  let next = bottom + gap;
  for (const item of [...order].reverse()) {
    item.height = Math.min(item.height, next - gap);
    next = item.height;
  }
  const placed = new Array<number>(heights.length).fill(0);
  for (const { index, height } of order) placed[index] = height;
  return placed;
}
