/** The readout as a picture, for a slide: a file of its own, in the light theme. */
import type { Readout, ReadoutRow } from "../readout.ts";
import { seriesColour } from "./palette.ts";

const WIDTH = 960;
const MARGIN = 32;
const ROW_HEIGHT = 44;
const BAR = { left: 470, right: 740 } as const;
/** So many letters of 17 px fit into a line, at the width of a wide typeface. */
const LEAD_LETTERS = 98;
const SMALL_LETTERS = 132;
const NAME_LETTERS = 22;

const TEXT = "#1f1d1a";
const MUTED = "#625e56";
const LINE = "#e4e1d9";

export function ReadoutPicture({ readout }: { readonly readout: Readout }) {
  const { title, lead, rest, facts, figureHead, effectHead, rows, axis, axisText, method } = readout;
  const said = wrapped(`${lead}${rest}`, LEAD_LETTERS);
  const told = wrapped(facts.map(([name, value]) => `${name}: ${value}`).join("  ·  "), SMALL_LETTERS);
  const small = wrapped(method[1] ?? "", SMALL_LETTERS);
  const factsTop = 78 + said.length * 25;
  const tableTop = factsTop + told.length * 18 + 30;
  const end = tableTop + 16 + rows.length * ROW_HEIGHT;
  const height = end + 30 + small.length * 17;
  const x = (value: number) =>
    BAR.left + ((clamp(value, axis) - axis.min) / (axis.max - axis.min)) * (BAR.right - BAR.left);
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      viewBox={`0 0 ${WIDTH} ${height}`}
      width={WIDTH}
      height={height}
      role="img"
      font-family="system-ui, sans-serif"
      font-size="13"
      fill={TEXT}
    >
      <title>{`${title}: ${lead}`}</title>
      <rect width={WIDTH} height={height} fill="#ffffff" />
      <text x={MARGIN} y="46" font-size="24" font-weight="600">
        {cut(title, 60)}
      </text>
      <Lines lines={said} top={78} step={25} size={17} fill={TEXT} />
      <Lines lines={told} top={factsTop} step={18} size={13} fill={MUTED} />
      <g fill={MUTED} font-size="12">
        <text x={MARGIN} y={tableTop}>
          Alternative
        </text>
        <text x="310" y={tableTop} text-anchor="end">
          Visitors
        </text>
        <text x="410" y={tableTop} text-anchor="end">
          {figureHead}
        </text>
        <text x={BAR.left} y={tableTop}>
          {axisText(axis.min)}
        </text>
        <text x={BAR.right} y={tableTop} text-anchor="end">
          {axisText(axis.max)}
        </text>
        <text x={WIDTH - MARGIN} y={tableTop} text-anchor="end">
          {cut(effectHead, 30)}
        </text>
      </g>
      {rows.map((row, at) => (
        <Row key={row.name} row={row} top={tableTop + 14 + at * ROW_HEIGHT} x={x} />
      ))}
      <line x1={x(0)} x2={x(0)} y1={tableTop + 14} y2={end} stroke={MUTED} stroke-width="2" />
      <Lines lines={small} top={end + 26} step={17} size={12} fill={MUTED} />
    </svg>
  );
}

interface RowProps {
  readonly row: ReadoutRow;
  readonly top: number;
  readonly x: (value: number) => number;
}

function Row({ row, top, x }: RowProps) {
  const { name, index, isWinner, effect } = row;
  const colour = seriesColour(index);
  const [middle, text] = [top + ROW_HEIGHT / 2, top + ROW_HEIGHT / 2 + 4];
  return (
    <g>
      <line x1={MARGIN} x2={WIDTH - MARGIN} y1={top} y2={top} stroke={LINE} />
      <rect x={MARGIN} y={middle - 5} width="10" height="10" rx="2" fill={colour} />
      <text x={MARGIN + 18} y={text} font-weight={isWinner ? 600 : 400}>
        {cut(name, NAME_LETTERS)}
        {isWinner ? " ★" : ""}
      </text>
      <text x="310" y={text} text-anchor="end">
        {row.participants}
      </text>
      <text x="410" y={row.beside === "" ? text : middle - 3} text-anchor="end">
        {row.figure}
      </text>
      <text x="410" y={middle + 14} text-anchor="end" font-size="12" fill={MUTED}>
        {row.beside}
      </text>
      {effect === null ? null : (
        <>
          <line
            x1={x(effect.limits.lower ?? Number.NEGATIVE_INFINITY)}
            x2={x(effect.limits.upper ?? Number.POSITIVE_INFINITY)}
            y1={middle}
            y2={middle}
            stroke={colour}
            stroke-width="4"
            stroke-linecap="round"
          />
          {effect.estimate === null ? null : <circle cx={x(effect.estimate)} cy={middle} r="6" fill={colour} />}
        </>
      )}
      <text x={WIDTH - MARGIN} y={effect === null ? text : middle - 3} text-anchor="end">
        {row.estimateText}
        {row.conclusion === "" ? "" : `, ${row.conclusion}`}
      </text>
      <text x={WIDTH - MARGIN} y={middle + 14} text-anchor="end" font-size="12" fill={MUTED}>
        {row.rangeText}
      </text>
    </g>
  );
}

interface LinesProps {
  readonly lines: readonly string[];
  readonly top: number;
  readonly step: number;
  readonly size: number;
  readonly fill: string;
}

function Lines({ lines, top, step, size, fill }: LinesProps) {
  return (
    <text font-size={size} fill={fill}>
      {lines.map((line, at) => (
        <tspan key={line} x={MARGIN} y={top + at * step}>
          {line}
        </tspan>
      ))}
    </text>
  );
}

function clamp(value: number, { min, max }: Readout["axis"]): number {
  return Math.min(max, Math.max(min, value));
}

/** In lines of so many letters at most; a longer word is cut. */
function wrapped(text: string, letters: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const fits = last !== undefined && last.length + 1 + word.length <= letters;
    if (fits) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cut(word, letters));
  }
  return lines;
}

function cut(text: string, letters: number): string {
  const all = [...text];
  return all.length > letters ? `${all.slice(0, letters - 1).join("")}…` : text;
}
