/** The head of an alternative's row: its line in the charts, its name, and what it is. */
import type { ComponentChildren } from "preact";
import { Swatch } from "../../charts/swatch.tsx";
import { Chip, type ChipKind } from "../../ui/chips.tsx";

export interface ArmCellProps {
  /** Position of the alternative; the first one is the control. */
  readonly index: number;
  readonly name: string;
  /** What it is beside that; what is false is left out. */
  readonly kinds: readonly (ChipKind | false)[];
  /** Behind the chips. */
  readonly children?: ComponentChildren;
}

export function ArmCell({ index, name, kinds, children }: ArmCellProps) {
  const shown = [index === 0 && ("control" as const), ...kinds].filter((kind) => kind !== false);
  return (
    <th scope="row" class="cell-arm">
      <span class="arm">
        <Swatch index={index} />
        <span class="arm-name">{name}</span>
      </span>
      <span class="chips">
        {shown.map((kind) => (
          <Chip key={kind} kind={kind} />
        ))}
        {children}
      </span>
    </th>
  );
}
