/** A moment as people read it: in UTC on the page as it is sent, and by the reader's clock once scripts run. */
import { moment } from "./format.ts";

export function Moment({ atMs }: { readonly atMs: number }) {
  return (
    <time dateTime={new Date(atMs).toISOString()} data-moment>
      {moment(atMs)}
    </time>
  );
}
