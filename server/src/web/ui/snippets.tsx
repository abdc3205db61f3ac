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
