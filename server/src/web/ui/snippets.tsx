/** How a program takes part in an experiment and converts: curl, and the client of each language, ready to copy. */
import { Copyable } from "./copyable.tsx";

export interface SnippetsProps {
  readonly apiUrl: string;
  readonly experiment: string;
  /** In stored order. */
  readonly alternatives: readonly string[];
  readonly kpi: string | null;
}

export function Snippets(props: SnippetsProps) {
  return (
    <div class="snippets">
      {SNIPPETS.map(({ label, text }, index) => (
        <details key={label} open={index === 0} name="snippets">
          <summary>{label}</summary>
          <Copyable text={text(props)} label={label} />
        </details>
      ))}
    </div>
  );
}

interface Snippet {
  readonly label: string;
  readonly text: (props: SnippetsProps) => string;
}

const SNIPPETS: readonly Snippet[] = [
  { label: "curl", text: curl },
  { label: "TypeScript", text: typescript },
  { label: "Python", text: python },
  { label: "Ruby", text: ruby },
  { label: "PHP", text: php },
];

function curl({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  const encode = encodeURIComponent;
  const query = alternatives.map((name) => `&alternatives=${encode(name)}`).join("");
  const goal = kpi === null ? "" : `&kpi=${encode(kpi)}`;
  // Names may be older than the rule for names; percent-encoding leaves the quote alone.
  const quoted = (url: string) => `'${url.replaceAll("'", "%27")}'`;
  return [
    `curl ${quoted(`${apiUrl}/participate?experiment=${encode(experiment)}${query}&client_id=visitor-1`)}`,
    `curl ${quoted(`${apiUrl}/convert?experiment=${encode(experiment)}&client_id=visitor-1${goal}`)}`,
  ].join("\n");
}

const list = (names: readonly string[]) => `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;

function typescript({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  const goal = kpi === null ? "" : `, { kpi: ${JSON.stringify(kpi)} }`;
  return `import { Sixpack } from "@sixpack/client";

const sixpack = new Sixpack({ baseUrl: ${JSON.stringify(apiUrl)} });
const visitor = sixpack.client("visitor-1");
const { alternative } = await visitor.participate(${JSON.stringify(experiment)}, ${list(alternatives)});
await visitor.convert(${JSON.stringify(experiment)}${goal});`;
}

function python({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  const goal = kpi === null ? "" : `, kpi=${JSON.stringify(kpi)}`;
  return `from sixpack.sixpack import Session

session = Session("visitor-1", options={"host": ${JSON.stringify(apiUrl)}})
answer = session.participate(${JSON.stringify(experiment)}, ${list(alternatives)})
alternative = answer["alternative"]["name"]
session.convert(${JSON.stringify(experiment)}${goal})`;
}

function ruby({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  const goal = kpi === null ? "" : `, ${JSON.stringify(kpi)}`;
  return `require "sixpack"

Sixpack.configure { |config| config.base_url = ${JSON.stringify(apiUrl)} }
session = Sixpack::Session.new("visitor-1")
answer = session.participate(${JSON.stringify(experiment)}, ${list(alternatives)})
alternative = answer["alternative"]["name"]
session.convert(${JSON.stringify(experiment)}${goal})`;
}

function php({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  const goal = kpi === null ? "" : `, ${JSON.stringify(kpi)}`;
  return `<?php
use SeatGeek\\Sixpack\\Session\\Base as Sixpack;

$sixpack = new Sixpack(["baseUrl" => ${JSON.stringify(apiUrl)}, "clientId" => "visitor-1"]);
$answer = $sixpack->participate(${JSON.stringify(experiment)}, ${list(alternatives)});
$alternative = $answer->getAlternative();
$sixpack->convert(${JSON.stringify(experiment)}${goal});`;
}
