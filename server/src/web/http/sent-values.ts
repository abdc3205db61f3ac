/** Every value that was sent of a header. node:http joins those of most headers, and of others it keeps the first alone. */
import type { FastifyRequest } from "fastify";

export function sentValues({ raw: { rawHeaders } }: FastifyRequest, header: string): readonly string[] {
  const name = header.toLowerCase();
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
