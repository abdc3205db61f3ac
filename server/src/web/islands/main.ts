/**
 * What JavaScript adds to pages that work without it. Each island looks for its own mark in the page and does nothing
 * where there is none.
 */
import { addCopyButtons } from "./copy.ts";
import { addCrosshairs } from "./crosshair.ts";
import { openDialogs } from "./dialog.ts";
import { followList } from "./list-of-origin.ts";
import { keepLive } from "./live.ts";
import { showLocalTimes } from "./local-time.ts";
import { followPlans } from "./planning.ts";
import { addPalette } from "./search-palette.ts";
import { addShortcuts } from "./shortcuts.ts";

addShortcuts(document);
addPalette(document);
showLocalTimes(document);
addCopyButtons(document);
addCrosshairs(document);
followList(document);
followPlans(document);
openDialogs(document);
keepLive(document);
// What has come with a refreshed page.
document.addEventListener("refreshed", () => {
  addCopyButtons(document);
  addCrosshairs(document);
});
