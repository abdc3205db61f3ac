/** A chart as a table: the same figures, for readers who want numbers, and for the crosshair to say. */
import type { ChartModel } from "./model.ts";

export function DataTable({ model }: { readonly model: ChartModel }) {
  return (
    <table class="data">
      <caption class="hidden">{model.title}</caption>
      <thead>
        <tr>
          <th scope="col">{model.unit}</th>
          {model.lines.map(({ name }) => (
            <th key={name} scope="col" class="number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {model.labels.map((label, at) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            {model.lines.map(({ name, points }) => (
              <td key={name} class="number">
                {model.cell(points[at] ?? { value: null, lower: null, upper: null })}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
