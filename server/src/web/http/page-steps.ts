/**
 * A page as HTML, in steps of about a millisecond, because the process that makes it answers calls as well. What a page
 * has many or much of stands in `InTurns`: it is left out at first, and put in when its turn has come.
 *
 * @example
 * <InTurns>
 *   {rows.map((row) => (
 *     <Row key={row.id} row={row} />
 *   ))}
 * </InTurns>
 */
import { type ComponentChild, type ComponentChildren, createContext, h, toChildArray } from "preact";
import { useContext } from "preact/hooks";
import { renderToString } from "preact-render-to-string";
import type { Steps } from "../../stats/steps.ts";

/** What is rendered at a stretch, in milliseconds; a part that began before ends after. */
const STRETCH_MS = 1;

const LeftOut = createContext<ComponentChild[] | null>(null);

/** Stands where a part was left out. Text is escaped, and no page has HTML of others: nothing else can look like it. */
const GAP = "in-turns";
const GAP_HTML = `<${GAP}></${GAP}>`;

/** Each child is a part of its own. It knows whose page it is on and the frame of that, and no other context. */
export function InTurns({ children }: { readonly children: ComponentChildren }): ComponentChildren {
  const leftOut = useContext(LeftOut);
  if (leftOut === null) return children;
  return toChildArray(children).map((part) => {
    leftOut.push(part);
    return h(GAP, {});
  });
}

/**
 * @param around puts a page, or a part of one, into what all of it may ask for
 * @param written what is sent of a piece of HTML
 */
export function* pageSteps(
  page: ComponentChild,
  around: (part: ComponentChild) => ComponentChild,
  written: (html: string) => Buffer,
): Steps<Buffer> {
  const done: Buffer[] = [written("<!doctype html>")];
  let startedMs = performance.now();
  /** What is rendered already, and what is not: the next one last. */
  const todo: ({ readonly html: string } | { readonly part: ComponentChild })[] = [{ part: page }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if ("html" in next) {
      done.push(written(next.html));
      continue;
    }
    if (performance.now() - startedMs >= STRETCH_MS) {
      yield;
      startedMs = performance.now();
    }
    const leftOut: ComponentChild[] = [];
    const html = renderToString(h(LeftOut.Provider, { value: leftOut, children: around(next.part) }));
    const [head = "", ...between] = html.split(GAP_HTML);
    const after = leftOut.flatMap((part, index) => [{ part }, { html: between[index] ?? "" }]);
    todo.push(...after.reverse(), { html: head });
  }
  return Buffer.concat(done);
}
