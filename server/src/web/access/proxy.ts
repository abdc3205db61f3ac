/**
 * Login by a proxy in front, which names the user in a header. The header counts only on connections that come from
 * one of the trusted addresses themselves; `X-Forwarded-For` is not asked, because whoever can reach us can write it.
 */
import type { FastifyRequest } from "fastify";
import { USER_NAME_LENGTH_MAX } from "../../config/items.ts";
import { isReserved } from "../../domain/actor.ts";
import { quote } from "../../domain/names.ts";
import { shownName } from "../../lib/shown-name.ts";
import { addressList, contains } from "../../ops/networks.ts";
import type { AccessMode, Identity, Stranger } from "../http/identity.ts";
import { sentValues } from "../http/sent-values.ts";

type Proxied = Extract<Identity, { kind: "proxied" }>;
type ProxyMode = Extract<AccessMode, { kind: "proxy" }>;

/**
 * Names that would look like somebody else in the activity log are refused: its own actors, and the tokens.
 * @param taken names of tokens
 */
export function proxyLogin(
  mode: ProxyMode,
  taken: ReadonlySet<string>,
): (request: FastifyRequest) => Proxied | Stranger {
  const trusted = addressList(mode.addresses);
  const { header, roles, otherRole } = mode;
  return (request) => {
    const { remoteAddress } = request.socket;
    if (!contains(trusted, remoteAddress)) {
      return refused(`a connection from an address of \`auth_proxy_addresses\``, `one from ${remoteAddress}`);
    }
    // A header sent twice means that the proxy passes on what its client wrote. Of some headers node:http keeps the first
    // alone, such as `From`, and puts commas between the values of others.
    const [value = "", ...more] = sentValues(request, header);
    const name = utf8(value.trim());
    if (name === "") return refused(`the name of a user in \`${header}\``, "none");
    if (more.length > 0 || name.includes(",")) return refused(`one name in \`${header}\``, "several");
    if (!mayBeCalled(name, taken)) {
      return refused(`a name in \`${header}\` that the activity log has for nobody else`, quote(name));
    }
    const role = roles.get(name) ?? otherRole;
    if (role !== undefined) return { kind: "proxied", name, role };
    return refused("a name of `users`, because `auth_proxy_role` is `none`", quote(name));
  };
}

function refused(expected: string, got: string): Stranger {
  return { kind: "stranger", detail: `Expected ${expected}, or a token, got ${got}` };
}

/**
 * Neither a name of somebody else nor one that a reader could take for it, such as ` server` on a page.
 * @param taken names of tokens
 */
export function mayBeCalled(name: string, taken: ReadonlySet<string>): boolean {
  const isPlain = name !== "" && name.length <= USER_NAME_LENGTH_MAX && shownName(name) === name;
  return isPlain && [name, name.normalize("NFKC")].every((one) => !isReserved(one) && !taken.has(one));
}

/** node:http reads each byte of a header as a character of Latin-1; proxies write names in UTF-8. */
function utf8(header: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(header, "latin1"));
  } catch {
    return header;
  }
}
