/** Adds a copy button to texts that are meant to be copied. */
import { isMade, made } from "./made.ts";

/** How long the button says that it is done, in milliseconds. */
const DONE_MS = 1_500;

export function addCopyButtons(page: ParentNode): void {
  for (const box of page.querySelectorAll<HTMLElement>("[data-copy], [data-copy-inline]")) {
    const inline = box.dataset["copyInline"];
    const label = inline ?? box.dataset["copy"] ?? "text";
    const last = inline === undefined ? box.lastElementChild : box.nextElementSibling;
    if (last !== null && isMade(last)) continue;
    const text = (): string => (inline === undefined ? box.querySelector("pre") : box)?.textContent ?? "";
    const button = made(document.createElement("button"));
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${label}`);
    button.addEventListener("click", () => copy(text(), button));
    if (inline === undefined) box.append(button);
    else box.after(button);
  }
}

async function copy(text: string, button: HTMLButtonElement): Promise<void> {
  const done = await write(text);
  button.textContent = done ? "Copied" : "Press Ctrl C";
  setTimeout(() => {
    button.textContent = "Copy";
  }, DONE_MS);
}

/** Browsers deny the clipboard to pages on plain http; an older method works there. */
async function write(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by the reader: the older way asks nobody.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
