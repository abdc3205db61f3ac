/** What a tool is: words for the agent, arguments as a schema, who may use it, and what it answers. */
import { type Static, type TObject, Type } from "typebox";
import type { Role } from "../../domain/role.ts";
import type { ServiceContext } from "../../service/context.ts";

/** Who calls. */
interface McpCaller {
  readonly role: Role;
  /** For the activity log. */
  readonly actor: string;
}

/** What tools are given beside their arguments. */
export interface McpContext {
  readonly service: ServiceContext;
  readonly caller: McpCaller;
  /** Signs the codes of proposed changes. */
  readonly secretKey: string;
  /** Hears of an error that nobody expects: whoever called is told that there was one. */
  readonly onDefect: (error: unknown) => void;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly input: TObject;
  readonly role: Role;
  readonly changes: boolean;
  readonly run: (context: McpContext, args: unknown) => Promise<object>;
}

/** Ties the arguments of `run` to the schema by which they were checked. It knows no others, so that none is passed over. */
export function tool<Input extends TObject>(
  definition: Omit<Tool, "input" | "run"> & {
    readonly input: Input;
    readonly run: (context: McpContext, args: Static<Input>) => Promise<object>;
  },
): Tool {
  const { run, input, ...rest } = definition;
  const closed = Type.Object(input.properties, { additionalProperties: false });
  return { ...rest, input: closed, run: (context, args) => run(context, args as Static<Input>) };
}
