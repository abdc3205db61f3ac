/** What is held of each layer and by whom, and what the next experiment may have. */
import { type Layer, spanText } from "../../../domain/layer.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { experimentUrl } from "../../http/urls.ts";

export function LayerList({ layers }: { readonly layers: readonly Layer[] }) {
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
