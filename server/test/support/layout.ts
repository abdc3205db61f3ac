/**
 * What a page looks like, judged by machine at the width that it has: nothing sticks out of the screen or a panel, no two texts
 * lie on one another, no control hides in a box that scrolls sideways, and every text stands out from its ground.
 */
import type { Page } from "playwright-core";

/** WCAG 2.2, 1.4.3: of text, and of large text. */
const CONTRAST_MIN = 4.5;
const CONTRAST_LARGE_MIN = 3;

/** One line for each kind and place, empty when all is well. */
export async function layoutProblems(page: Page): Promise<readonly string[]> {
  // tsx keeps the names of functions by a helper that the page lacks.
  await page.evaluate("globalThis.__name ??= (named) => named");
  return page.evaluate(findProblems, { contrastMin: CONTRAST_MIN, contrastLargeMin: CONTRAST_LARGE_MIN });
}

/** Runs in the page, so it may use nothing from outside. */
function findProblems({ contrastMin, contrastLargeMin }: { contrastMin: number; contrastLargeMin: number }): string[] {
  const problems: string[] = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    problems.push(`page: ${document.documentElement.scrollWidth} px wide on ${width}`);
  }

  const placeOf = (element: Element): string => {
    const name = element.getAttribute("class");
    const own = element.tagName.toLowerCase() + (name === null ? "" : `.${name.replaceAll(" ", ".")}`);
    return `${own} "${(element.textContent ?? "").trim().slice(0, 40)}"`;
  };
  const clips = (element: Element, overflow: "overflowX" | "overflowY") =>
    getComputedStyle(element)[overflow] !== "visible";

  /** The part of a box that the boxes around it let through. */
  const seenPart = (rect: DOMRect, of: Element) => {
    let [left, top, right, bottom] = [rect.left, rect.top, rect.right, rect.bottom];
    for (let box: Element | null = of; box !== null && box !== document.body; box = box.parentElement) {
      const around = box.getBoundingClientRect();
      if (clips(box, "overflowX")) [left, right] = [Math.max(left, around.left), Math.min(right, around.right)];
      if (clips(box, "overflowY")) [top, bottom] = [Math.max(top, around.top), Math.min(bottom, around.bottom)];
      // What lies over a page is clipped by nothing of it.
      if (box.matches("dialog, [popover]")) break;
    }
    return { left, top, right, bottom };
  };
  /** Said but not seen: a box of one pixel, as the style sheet hides words from eyes alone. */
  const isForEars = (element: Element) => {
    for (let box: Element | null = element; box !== null; box = box.parentElement) {
      if (getComputedStyle(box).clipPath === "inset(50%)") return true;
    }
    return false;
  };
  const visible = (element: Element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !isForEars(element);

  for (const control of document.querySelectorAll("a, button, input, select, textarea, summary")) {
    if (!visible(control) || control.matches("[type=hidden], .skip")) continue;
    const { left, right } = control.getBoundingClientRect();
    const seen = seenPart(control.getBoundingClientRect(), control);
    // A line of links may go on sideways; what one acts with may not.
    if (control.closest("nav") !== null) continue;
    if (seen.right - seen.left < Math.min(right - left, 24) - 1) problems.push(`out of sight: ${placeOf(control)}`);
  }

  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1, 1];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  type Colour = readonly [red: number, green: number, blue: number, alpha: number];
  const known = new Map<string, Colour>();
  const colourOf = (text: string): Colour => {
    const before = known.get(text);
    if (before !== undefined || pen === null) return before ?? [0, 0, 0, 0];
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
    const colour: Colour = [red, green, blue, alpha / 255];
    known.set(text, colour);
    return colour;
  };
  const over = ([r, g, b, alpha]: Colour, [red, green, blue]: Colour): Colour => [
    r * alpha + red * (1 - alpha),
    g * alpha + green * (1 - alpha),
    b * alpha + blue * (1 - alpha),
    1,
  ];
  const groundOf = (element: Element): Colour => {
    const layers: Colour[] = [];
    for (let box: Element | null = element; box !== null; box = box.parentElement) {
      const colour = colourOf(getComputedStyle(box).backgroundColor);
      layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((ground, layer) => over(layer, ground), [255, 255, 255, 1]);
  };
  const lightness = ([red, green, blue]: Colour): number => {
    const part = (value: number) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  };
  const contrast = (one: Colour, other: Colour) => {
    const [darker = 0, lighter = 0] = [lightness(one), lightness(other)].sort((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  };

  const isPanel = (element: Element) => {
    const style = getComputedStyle(element);
    return Number.parseFloat(style.borderRightWidth) > 0 || colourOf(style.backgroundColor)[3] > 0;
  };
  // A panel that scrolls sideways cuts off what it holds, too. One that hides the rest means to: the end of a long name.
  const hides = (element: Element) => ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
  for (const panel of document.querySelectorAll("body *")) {
    if (panel.scrollWidth <= panel.clientWidth + 1 || hides(panel) || !visible(panel)) continue;
    if (panel.clientWidth > 0 && isPanel(panel)) problems.push(`wider than its panel: ${placeOf(panel)}`);
  }

  /** Nothing may be nearer to the left side of the frame around it than this, in pixels. */
  const nearest = 3;
  const isAtFrame = (left: number, within: Element | null) => {
    let frame = within;
    while (frame !== null && Number.parseFloat(getComputedStyle(frame).borderLeftWidth) === 0)
      frame = frame.parentElement;
    return frame !== null && left - frame.getBoundingClientRect().left < nearest;
  };
  for (const control of document.querySelectorAll("button, .button, input, select, textarea")) {
    if (!visible(control) || control.getBoundingClientRect().width === 0) continue;
    if (isAtFrame(control.getBoundingClientRect().left, control.parentElement)) {
      problems.push(`at its frame: ${placeOf(control)}`);
    }
  }

  const boxes: { left: number; top: number; right: number; bottom: number; element: Element }[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement;
    if (element === null || (node.textContent ?? "").trim() === "" || !visible(element)) continue;
    if (element.closest(".skip, script, style, option, textarea") !== null) continue;
    const style = getComputedStyle(element);
    const ground = groundOf(element);
    const colour = over(colourOf(element.closest("svg") === null ? style.color : style.fill), ground);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const found = contrast(colour, ground);
    const isOff = element.closest(":disabled, [aria-disabled=true], [aria-hidden=true]") !== null;
    if (!isOff && found < (isLarge ? contrastLargeMin : contrastMin)) {
      problems.push(`contrast ${found.toFixed(2)}: ${placeOf(element)}`);
    }
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.right > width + 1 && seenPart(rect, element).right > width + 1) {
        problems.push(`beyond the screen: ${placeOf(element)}`);
      }
      if (rect.width > 0 && isAtFrame(rect.left, element)) problems.push(`at its frame: ${placeOf(element)}`);
      // A line is higher than its letters are: what touches is not yet on one another.
      const slack = rect.height * 0.2;
      const seen = seenPart(rect, element);
      const box = { left: seen.left + 1, top: seen.top + slack, right: seen.right - 1, bottom: seen.bottom - slack };
      if (box.right > box.left && box.bottom > box.top) boxes.push({ ...box, element });
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  const floats = (element: Element) => element.closest("dialog, [popover], .contents, .chart-tip");
  for (const [at, box] of boxes.entries()) {
    for (let next = at + 1; next < boxes.length; next += 1) {
      const other = boxes[next];
      if (other === undefined || other.top >= box.bottom) break;
      if (other.element === box.element) continue;
      if (other.left >= box.right || other.right <= box.left || floats(box.element) !== floats(other.element)) continue;
      problems.push(`on one another: ${placeOf(box.element)} and ${placeOf(other.element)}`);
    }
  }
  return [...new Set(problems)];
}
