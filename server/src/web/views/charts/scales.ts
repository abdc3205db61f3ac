/** From periods and values to points of the picture. */
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

export function scalesOf(model: ChartModel, frame: Frame, ticks: number): Scales {
  const last = Math.max(1, model.labels.length - 1);
  const x = scaleLinear([0, last], [frame.left, frame.width - frame.right]);
  const y = scaleLinear([...model.domain], [frame.height - frame.bottom, frame.top]).nice(ticks);
  return { x, y };
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
