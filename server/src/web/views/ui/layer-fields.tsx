/** What a layer is, what is held of each and by whom, and the fields of a slice, for every form that has one. */
import { type Layer, spanText } from "../../../domain/layer.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { experimentUrl } from "../../http/urls.ts";

const HELP_ID = "layer-help";

interface LayerFieldsProps {
  readonly layer: string;
  /** Where it begins and ends, in percent; empty where nothing was said. */
  readonly slice: readonly string[];
}

export function LayerFields({ layer, slice }: LayerFieldsProps) {
  return (
    <>
      <label class="field">
        Layer{" "}
        <input
          name="layer"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={layer}
          aria-describedby={HELP_ID}
        />
      </label>
      {["From, in percent", "To, in percent"].map((label, end) => (
        <label key={label} class="field">
          {label} <input name="slice_percent" type="number" min="0" max="100" step="any" value={slice[end] ?? ""} />
        </label>
      ))}
    </>
  );
}

export function LayerHelp({ layers }: LayersProps) {
  return (
    <>
      <p id={HELP_ID}>
        Experiments of one layer share no visitors: each takes its own slice of them, and the slice that no experiment
        has sees every control. A slice is held until its experiment is archived or reset. An experiment enters a layer,
        or leaves it, before its first visitor.
      </p>
      <LayerList layers={layers} />
    </>
  );
}

interface LayersProps {
  /** Of all experiments. */
  readonly layers: readonly Layer[];
}

function LayerList({ layers }: LayersProps) {
  if (layers.length === 0) return <p class="muted small">There is no layer yet: a new name makes one.</p>;
  return (
    <ul>
      {layers.map(({ name, holdings, free }) => (
        <li key={name}>
          <strong>{name}</strong>:{" "}
          {holdings.map((holding) => (
            <span key={`${holding.experiment} ${holding.from}`}>
              {spanText(holding)} <a href={experimentUrl(holding.experiment)}>{shownName(holding.experiment)}</a>,{" "}
            </span>
          ))}
          {free.length === 0 ? "nothing is free" : `free ${free.map(spanText).join(", ")}`}
        </li>
      ))}
    </ul>
  );
}
