/** The frame of every page. */
import type { ComponentChildren } from "preact";
import { VERSION } from "../../config/version.ts";
import type { Status } from "../../service/listing.ts";
import { Notices, VisitorBar } from "./visitor.tsx";

const LISTS: readonly { readonly status: Status; readonly url: string; readonly label: string }[] = [
  { status: "active", url: "/", label: "Active" },
  { status: "paused", url: "/paused", label: "Paused" },
  { status: "archived", url: "/archived", label: "Archived" },
  { status: "all", url: "/all", label: "All" },
];

export interface LayoutProps {
  readonly title: string;
  /** The list that is shown, to mark it in the navigation. */
  readonly list?: Status | undefined;
  readonly counts?: Readonly<Record<Status, number>> | undefined;
  readonly children: ComponentChildren;
}

export function Layout({ title, list, counts, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Sixpack`}</title>
      </head>
      <body>
        <a href="#main">Skip to content</a>
        <header>
          <nav aria-label="Experiments">
            <ul>
              {LISTS.map(({ status, url, label }) => (
                <li key={status}>
                  <a href={url} aria-current={status === list ? "page" : undefined}>
                    {label}
                    {counts === undefined ? "" : ` ${counts[status]}`}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <VisitorBar />
        </header>
        <main id="main">
          <Notices />
          <h1>{title}</h1>
          {children}
        </main>
        <footer>Sixpack {VERSION}</footer>
      </body>
    </html>
  );
}
