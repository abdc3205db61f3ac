/** Text to copy. The button appears where JavaScript can serve it: see `islands/copy.ts`. */
import { FOCUSABLE } from "./scroll.tsx";

interface CopyableProps {
  readonly text: string;
  readonly label: string;
}

export function Copyable({ text, label }: CopyableProps) {
  return (
    <div class="copy" data-copy={label}>
      <pre {...FOCUSABLE}>{text}</pre>
    </div>
  );
}
