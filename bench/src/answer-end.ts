/** Where the HTTP answer at the start of `text` ends, or -1 while its headers are not complete. */
export function answerEnd(text: string): number {
  const headersEnd = text.indexOf("\r\n\r\n");
  if (headersEnd === -1) return -1;
  const at = text.indexOf("ontent-Length: ");
  return headersEnd + 4 + Number.parseInt(text.slice(at + 15, at + 24), 10);
}
