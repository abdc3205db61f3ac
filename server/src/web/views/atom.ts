/** A feed as Atom, RFC 4287. */
import type { FeedEntry } from "../../service/alerts/feed.ts";
import { experimentUrl } from "../http/urls.ts";

interface AtomFeed {
  readonly title: string;
  /** Of the dashboard, without a slash at its end. */
  readonly base: string;
  readonly entries: readonly FeedEntry[];
  /** Of a feed without entries. */
  readonly nowMs: number;
}

export function atomText({ title, base, entries, nowMs }: AtomFeed): string {
  const updated = isoOf(entries[0]?.atMs ?? nowMs);
  const lines = entries.map(({ id, title: heading, text, atMs, experiment }) => {
    const href = `${base}${experiment === null ? "/" : experimentUrl(experiment)}`;
    return [
      "<entry>",
      `<id>urn:sixpack:${escaped(encodeURIComponent(id))}</id>`,
      `<title>${escaped(heading)}</title>`,
      `<updated>${isoOf(atMs)}</updated>`,
      `<link href="${escaped(href)}"/>`,
      `<content type="text">${escaped(text)}</content>`,
      "</entry>",
    ].join("");
  });
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<id>urn:sixpack:feed:${escaped(encodeURIComponent(title))}</id>`,
    `<title>${escaped(title)}</title>`,
    "<author><name>Sixpack</name></author>",
    `<updated>${updated}</updated>`,
    ...lines,
    "</feed>",
    "",
  ].join("\n");
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

const ENTITIES: ReadonlyMap<string, string> = new Map(
  Object.entries({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }),
);

/** Control characters have no place in XML, escaped or not. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"]/g, (sign) => ENTITIES.get(sign) ?? sign)
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, " ");
}
