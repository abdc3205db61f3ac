/** The arguments of a query string that a page knows, read at once. */
import type { FastifyRequest } from "fastify";
import { queryField } from "./form.ts";
import { API_ADDRESS_DEFAULT, type WebOptions } from "./options.ts";

/** Those of `names` that were sent; every one is a key of the answer. */
export function queryFields<Name extends string>(
  { query }: FastifyRequest,
  names: readonly Name[],
): Record<Name, string | undefined> {
  const fields = Object.fromEntries(names.map((name) => [name, queryField(query, name)]));
  return fields as Record<Name, string | undefined>;
}

/** Where the API is for whoever reads the page: as configured, or at the host they know, which a proxy may have named. */
export function apiUrlFor(request: FastifyRequest, { api = API_ADDRESS_DEFAULT }: WebOptions): string {
  if (api.url !== undefined) return api.url;
  const host =
    request.hostname.includes(":") && !request.hostname.startsWith("[") ? `[${request.hostname}]` : request.hostname;
  return `${request.protocol}://${host}:${api.port}${api.basePath}`;
}
