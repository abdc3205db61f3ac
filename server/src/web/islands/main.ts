/**
 * What JavaScript adds to pages that work without it. Each island looks for its own mark in the page and does nothing
 * where there is none.
 */
import { addCopyButtons } from "./copy.ts";
import { openDialogs } from "./dialog.ts";
import { addShortcuts } from "./shortcuts.ts";

addShortcuts(document);
addCopyButtons(document);
openDialogs(document);
