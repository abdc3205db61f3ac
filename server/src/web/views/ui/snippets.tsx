/** How a program takes part in an experiment and converts, ready to copy: curl, the client of each language, force links. */
import { isExperimentName, isName } from "../../../domain/names.ts";
import { forceQuery } from "../../http/urls.ts";
import { Copyable } from "./copyable.tsx";

interface SnippetsProps {
  readonly apiUrl: string;
  readonly experiment: string;
  /** In stored order, without those that take no new clients. */
  readonly alternatives: readonly string[];
  readonly kpi: string | null;
  /** Whether they are in sight: who has traffic has called already. */
  readonly isOpen: boolean;
}

export function Snippets(props: SnippetsProps) {
  const each = snippetsFor(props).map(({ label, text }, index) => (
    <details key={label} open={props.isOpen && index === 0} name="snippets">
      <summary>{label}</summary>
      <Copyable text={text(props)} label={label} />
    </details>
  ));
  return (
    <div class="snippets panel">
      {props.isOpen ? (
        each
      ) : (
        <details>
          <summary>curl, client libraries, force links</summary>
          {each}
        </details>
      )}
    </div>
  );
}

/** Clients refuse names that were stored before there was a rule for them; the server itself answers to those. */
function snippetsFor({ experiment, alternatives, kpi }: SnippetsProps): readonly Snippet[] {
  const names = [...alternatives, ...(kpi === null ? [] : [kpi])];
  return isExperimentName(experiment) && names.every(isName) ? SNIPPETS : SNIPPETS.slice(0, 1);
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
  { label: "Go", text: go },
  { label: "Java", text: java },
  { label: "C#", text: csharp },
  { label: "Force links, to see an alternative yourself", text: forceLinks },
];

type Field = readonly [name: string, value: string];

const identity = (experiment: string): readonly Field[] => [
  ["experiment", experiment],
  ["client_id", "visitor-1"],
];

/** What the first call of a visitor sends. */
export function participation({
  experiment,
  alternatives,
}: Pick<SnippetsProps, "experiment" | "alternatives">): readonly Field[] {
  return [...identity(experiment), ...alternatives.map((name): Field => ["alternatives", name])];
}

function curl({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  const encode = encodeURIComponent;
  // Percent-encoding leaves the quote alone.
  const quoted = (text: string) => `'${text.replaceAll("'", "%27")}'`;
  const call = (path: string, fields: readonly Field[]) =>
    [
      `curl -G ${quoted(`${apiUrl}${path}`)}`,
      ...fields.map(([name, value]) => `  -d ${quoted(`${name}=${encode(value)}`)}`),
    ].join(" \\\n");
  const who = identity(experiment);
  return [
    call("/participate", participation({ experiment, alternatives })),
    call("/convert", kpi === null ? who : [...who, ["kpi", kpi]]),
  ].join("\n\n");
}

/** A text as JavaScript and Python write it. */
const text = (name: string) => JSON.stringify(name);
const list = (names: readonly string[]) => `[${names.map(text).join(", ")}]`;
/** The same in Ruby and PHP, where double quotes would look for variables. */
const plain = (name: string) => `'${name.replace(/[\\']/g, "\\$&")}'`;
const plainList = (names: readonly string[]) => `[${names.map(plain).join(", ")}]`;

function typescript({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `import { Session } from "@sixpack/client";

const session = new Session(${text(apiUrl)});
const alternative = await session.participate(${text(experiment)}, ${list(alternatives)});
await session.convert(${text(experiment)}${kpi === null ? "" : `, ${text(kpi)}`});`;
}

function python({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `from sixpack_ab import Session

session = Session(${text(apiUrl)}, client_id="visitor-1")
alternative = session.participate(${text(experiment)}, ${list(alternatives)})
session.convert(${text(experiment)}${kpi === null ? "" : `, kpi=${text(kpi)}`})`;
}

function ruby({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `require 'sixpack_ab'

session = SixpackAb::Session.new(${plain(apiUrl)}, client_id: 'visitor-1')
alternative = session.participate(${plain(experiment)}, ${plainList(alternatives)})
session.convert(${plain(experiment)}${kpi === null ? "" : `, ${plain(kpi)}`})`;
}

function php({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `require 'clients/php/autoload.php';

$session = new Sixpack\\Client\\Session(${plain(apiUrl)}, clientId: 'visitor-1');
$alternative = $session->participate(${plain(experiment)}, ${plainList(alternatives)});
$session->convert(${plain(experiment)}${kpi === null ? "" : `, kpi: ${plain(kpi)}`});`;
}

/** Lines of a function that gets a `ctx`, with the import above it. */
function go({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `import sixpack "github.com/sixpack-ab/client-go"

session, err := sixpack.NewSession(${text(apiUrl)}, sixpack.Options{ClientID: "visitor-1"})
if err != nil {
	return err
}
alternative, err := session.Participate(ctx, ${text(experiment)}, []string{${alternatives.map(text).join(", ")}})
session.Convert(ctx, ${text(experiment)}${kpi === null ? "" : `, sixpack.KPI(${text(kpi)})`})`;
}

function java({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `import java.util.List;
import sixpack.client.Session;

var session = Session.at(${text(apiUrl)}).clientId("visitor-1").build();
var alternative = session.participate(${text(experiment)}, List.of(${alternatives.map(text).join(", ")}));
session.convert(${text(experiment)}${kpi === null ? "" : `, ${text(kpi)}`});`;
}

function csharp({ apiUrl, experiment, alternatives, kpi }: SnippetsProps): string {
  return `using SixpackAb;

var session = new Session(${text(apiUrl)}, new SessionOptions { ClientId = "visitor-1" });
var alternative = await session.ParticipateAsync(${text(experiment)}, new[] { ${alternatives.map(text).join(", ")} });
await session.ConvertAsync(${text(experiment)}${kpi === null ? "" : `, kpi: ${text(kpi)}`});`;
}

/** To add to the address of a page whose client reads it. */
function forceLinks({ experiment, alternatives }: SnippetsProps): string {
  return alternatives.map((name) => forceQuery(experiment, name)).join("\n");
}
