/** Whether an `If-None-Match` names the tag (RFC 9110, 13.1.2); proxies that compress make it a weak one. */
export function holdsTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((item) => {
    const candidate = item.trim();
    return candidate === "*" || candidate === tag || candidate === `W/${tag}`;
  });
}
