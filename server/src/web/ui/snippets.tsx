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
    <div class="snippets panel">
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
  // Names may be older than the rule for names; percent-encoding leaves the quote alone.
  const quoted = (text: string) => `'${text.replaceAll("'", "%27")}'`;
  const call = (path: string, fields: readonly (readonly [string, string])[]) =>
    [
      `curl -G ${quoted(`${apiUrl}${path}`)}`,
      ...fields.map(([name, value]) => `  -d ${quoted(`${name}=${encode(value)}`)}`),
    ].join(" \\\n");
  const who = [
    ["experiment", experiment],
    ["client_id", "visitor-1"],
  ] as const;
  return [
    call("/participate", [...who, ...alternatives.map((name) => ["alternatives", name] as const)]),
    call("/convert", kpi === null ? who : [...who, ["kpi", kpi]]),
  ].join("\n\n");
}

const text = (name: string) => JSON.stringify(name);
const list = (names: readonly string[]) => `[${names.map(text).join(", ")}]`;

function typescript({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `import { Session } from "@sixpack/client";

const session = new Session(${text(apiUrl)});
const alternative = await session.participate(${text(experiment)}, ${list(alternatives)});
await session.convert(${text(experiment)}${kpi === null ? "" : `, ${text(kpi)}`});`;
}

function python({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `from sixpack_client import Session

session = Session(${text(apiUrl)}, client_id="visitor-1")
alternative = session.participate(${text(experiment)}, ${list(alternatives)})
session.convert(${text(experiment)}${kpi === null ? "" : `, kpi=${text(kpi)}`})`;
}

function ruby({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `require "sixpack_client"

session = SixpackClient::Session.new(${text(apiUrl)}, client_id: "visitor-1")
alternative = session.participate(${text(experiment)}, ${list(alternatives)})
session.convert(${text(experiment)}${kpi === null ? "" : `, ${text(kpi)}`})`;
}

function php({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `require 'clients/php/autoload.php';

$session = new Sixpack\\Client\\Session(${text(apiUrl)}, clientId: 'visitor-1');
$alternative = $session->participate(${text(experiment)}, ${list(alternatives)});
$session->convert(${text(experiment)}${kpi === null ? "" : `, kpi: ${text(kpi)}`});`;
}
