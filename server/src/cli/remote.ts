/** What `list` and the acts of the command line ask of a running dashboard, and how they tell its answers. */
import { type Static, Type } from "typebox";
import { Check } from "typebox/value";
import { aligned } from "../lib/columns.ts";
import { askDashboard, type Dashboard, foreign } from "./dashboard-client.ts";
import type { World } from "./world.ts";

const Listed = Type.Object({
  experiments: Type.Array(
    Type.Object({
      name: Type.String(),
      total_participants: Type.Number(),
      deciding: Type.Object({ kpi: Type.Union([Type.String(), Type.Null()]), conversions: Type.Number() }),
      definition: Type.Object({ state: Type.String(), winner: Type.Union([Type.String(), Type.Null()]) }),
    }),
  ),
  unreadable: Type.Optional(Type.Array(Type.Object({ name: Type.String(), reason: Type.String() }))),
});
const Done = Type.Object({ text: Type.String(), entry: Type.Union([Type.Null(), Type.Object({})]) });

/** @param query as `/experiments.json` takes it @throws CliError */
export async function tellList(
  { out, err }: World,
  dashboard: Dashboard,
  query: URLSearchParams,
  json = false,
): Promise<void> {
  const answer = await askDashboard(dashboard, `/experiments.json?${query}`);
  if (!Check(Listed, answer)) throw foreign(dashboard, "the list");
  out.write(json ? `${JSON.stringify(answer)}\n` : tableOf(answer));
  for (const { name, reason } of answer.unreadable ?? []) err.write(`${name} can't be read: ${reason}\n`);
}

function tableOf({ experiments }: Static<typeof Listed>): string {
  if (experiments.length === 0) return "No experiments.\n";
  const rows = experiments.map(({ name, definition, total_participants, deciding }) => [
    name,
    definition.state,
    definition.winner ?? "–",
    deciding.kpi ?? "default",
    String(total_participants),
    String(deciding.conversions),
  ]);
  const head = ["experiment", "state", "winner", "KPI that decides", "visitors", "conversions"];
  return `${aligned([head, ...rows], 4).join("\n")}\n`;
}

/** @param path of the act, below that of the experiment @throws CliError */
export async function tellAct(
  { out }: World,
  dashboard: Dashboard,
  { name, path, body }: { readonly name: string; readonly path: string; readonly body: object },
  json = false,
): Promise<void> {
  const answer = await askDashboard(dashboard, `/experiments/${encodeURIComponent(name)}/${path}`, body);
  if (!Check(Done, answer)) throw foreign(dashboard, "the answer");
  const said = answer.entry === null ? "Nothing to do: it was so already." : answer.text;
  out.write(`${json ? JSON.stringify(answer) : said}\n`);
}
