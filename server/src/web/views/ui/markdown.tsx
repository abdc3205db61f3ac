/**
 * Markdown of descriptions and of the method page, made into elements rather than into HTML, so that nothing that
 * anybody wrote can become markup. Links go only where a browser may safely go; pictures are left out, because a page
 * makes no request to any other host.
 */
import MarkdownIt, { type Token } from "markdown-it";
import { type ComponentChild, h } from "preact";
import { FOCUSABLE } from "./scroll.tsx";

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false });
parser.disable("image");

interface MarkdownProps {
  readonly text: string;
  /** Gives headings the anchors that links inside the document use. */
  readonly anchors?: boolean;
}

export function Markdown({ text, anchors = false }: MarkdownProps) {
  return <div class="prose">{elementsOf(parser.parse(text, {}), anchors)}</div>;
}

/** The same as HTML by itself, for programs: the parser's own, which escapes HTML and links to what is safe only. */
export function markdownHtml(text: string): string {
  return parser.render(text).trim();
}

interface Open {
  readonly token: Token | undefined;
  readonly children: ComponentChild[];
}

/** Tokens open and close elements; a stack of the open ones makes a tree of them. */
function elementsOf(tokens: readonly Token[], anchors: boolean): ComponentChild[] {
  const root: Open = { token: undefined, children: [] };
  const stack: Open[] = [root];
  for (const [index, token] of tokens.entries()) {
    const top = stack.at(-1) ?? root;
    if (token.nesting === 1) {
      if (anchors && token.type === "heading_open") token.attrSet("id", anchorOf(tokens[index + 1]?.content ?? ""));
      stack.push({ token, children: [] });
    } else if (token.nesting === -1) {
      stack.pop();
      (stack.at(-1) ?? root).children.push(element(top));
    } else {
      top.children.push(leaf(token, anchors));
    }
  }
  return root.children;
}

function element({ token, children }: Open): ComponentChild {
  // Paragraphs of tight lists are there only for the parser.
  if (token === undefined || token.hidden) return children;
  return h(token.tag, attributesOf(token), ...children);
}

function leaf(token: Token, anchors: boolean): ComponentChild {
  switch (token.type) {
    case "inline":
      return elementsOf(token.children ?? [], anchors);
    case "text":
    case "text_special":
      return token.content;
    case "code_inline":
      return <code>{token.content}</code>;
    case "code_block":
    case "fence":
      return (
        <pre {...FOCUSABLE}>
          <code>{token.content}</code>
        </pre>
      );
    case "hr":
      return <hr />;
    case "hardbreak":
      return <br />;
    case "softbreak":
      return "\n";
    default:
      return token.content;
  }
}

function attributesOf(token: Token): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of token.attrs ?? []) {
    // Column alignment comes as a style, which the content security policy forbids.
    if (name !== "style") attributes[name] = String(value);
  }
  const { href } = attributes;
  // Where people go from here, and from which experiment, is not the other site's business.
  if (href !== undefined && !href.startsWith("#")) attributes["rel"] = "noopener noreferrer nofollow";
  return attributes;
}

/** As GitHub makes them: small letters, hyphens, and nothing else. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}

/** The first line of a description, without its marks. */
export function oneLine(text: string): string {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "") ?? "";
  return line
    .replace(/^[#>*\-\s]+/, "")
    .replace(/[*_`]/g, "")
    .trim();
}
