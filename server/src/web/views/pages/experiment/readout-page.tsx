/** The readout as a page, made to be printed: see `readout.ts`. */
import { Fragment } from "preact";
import { AxisLabels, IntervalBar } from "../../charts/interval-bar.tsx";
import { seriesClass } from "../../charts/palette.ts";
import { Layout } from "../../layout.tsx";
import type { Readout, ReadoutRow } from "../../readout.ts";
import { Range } from "../../ui/range.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { ArmCell } from "./arm-cell.tsx";
import { DecisionPanel } from "./decision-panel.tsx";

interface ReadoutPageProps {
  readonly readout: Readout;
  /** Address of the experiment's page, under which the other forms lie. */
  readonly root: string;
}

export function ReadoutPage({ readout, root }: ReadoutPageProps) {
  const { title, hypothesis, facts, concerns, method } = readout;
  return (
    <Layout
      title={title}
      aside={
        <span class="buttons end">
          <a class="button" href={root}>
            All figures
          </a>
          <a class="button" href={`${root}readout.md`}>
            Markdown
          </a>
          <a class="button" href={`${root}readout.svg`}>
            Picture
          </a>
        </span>
      }
    >
      <div class="readout">
        <Decision readout={readout} />
        {hypothesis === null ? null : (
          <p class="hypothesis">
            <span class="muted">Hypothesis</span> {hypothesis}
          </p>
        )}
        <dl class="readout-facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Figures readout={readout} />
        {concerns.length === 0 ? null : (
          <section class="section" aria-labelledby="concerns-title">
            <h2 id="concerns-title">To be looked at</h2>
            <ul>
              {concerns.map((concern) => (
                <li key={concern}>{concern}</li>
              ))}
            </ul>
          </section>
        )}
        <section class="section" aria-labelledby="method-title">
          <h2 id="method-title">How the numbers are made</h2>
          <p class="small muted">
            {method.map((text) => (
              <Fragment key={text}>{text} </Fragment>
            ))}
          </p>
        </section>
      </div>
    </Layout>
  );
}

function Decision({ readout: { tone, lead, rest, reason } }: Pick<ReadoutPageProps, "readout">) {
  return (
    <DecisionPanel tone={tone}>
      <div>
        <p class="banner-text" id="decision">
          <strong>{lead}</strong>
          {rest}
        </p>
        {reason === null ? null : <p class="spaced">Reason: {reason}</p>}
      </div>
    </DecisionPanel>
  );
}

function Figures({ readout }: { readonly readout: Readout }) {
  const { figureHead, effectHead, rows, axis, axisText } = readout;
  const isCompared = rows.some(({ effect }) => effect !== null);
  return (
    <section class="section" aria-labelledby="figures-title">
      <h2 id="figures-title">Figures</h2>
      <Scroll label="Table of figures">
        <table class="results">
          <thead>
            <tr>
              <th scope="col">Alternative</th>
              <th scope="col" class="number">
                Visitors
              </th>
              <th scope="col" class="number">
                {figureHead}
              </th>
              <th scope="col" class="cell-effect">
                <span class="effect">
                  <span class="effect-figure">{effectHead}</span>
                  {isCompared ? <AxisLabels axis={axis} label={axisText} width={200} /> : null}
                </span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <FigureRow key={row.name} row={row} readout={readout} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function FigureRow({ row, readout }: { readonly row: ReadoutRow; readonly readout: Readout }) {
  const { name, index, isWinner, effect, estimateText, rangeText, conclusion } = row;
  return (
    <tr>
      <ArmCell index={index} name={name} kinds={[isWinner && "winner"]} />
      <td class="number" data-label="Visitors">
        {row.participants}
      </td>
      <td class="number" data-label={readout.figureHead}>
        {row.figure}
        {row.beside === "" ? null : <span class="under">{row.beside}</span>}
      </td>
      {effect === null ? (
        <td class="cell-effect muted" data-label={readout.effectHead}>
          {estimateText}
        </td>
      ) : (
        <td class="cell-effect" data-label={readout.effectHead}>
          <span class="effect">
            <span class="effect-figure">
              {estimateText}
              {conclusion === "" ? "" : `, ${conclusion}`}
              <Range>{rangeText}</Range>
            </span>
            <IntervalBar
              axis={readout.axis}
              interval={effect.limits}
              estimate={effect.estimate}
              colour={seriesClass(index)}
              width={200}
            />
          </span>
        </td>
      )}
    </tr>
  );
}
