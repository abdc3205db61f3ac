/** The readout for a ticket or a mail. */
import { markdownTable, markdownText } from "../../lib/text.ts";
import type { Readout } from "./readout.ts";

export function readoutMarkdown(readout: Readout): string {
  const { title, lead, rest, reason, hypothesis, facts, concerns, method } = readout;
  return `${[
    `# ${markdownText(title)}`,
    `**${markdownText(lead)}**${markdownText(rest)}`,
    ...(reason === null ? [] : [`Reason: ${markdownText(reason)}`]),
    ...(hypothesis === null ? [] : [`Hypothesis: ${markdownText(hypothesis)}`]),
    facts.map(([name, value]) => `- ${name}: ${markdownText(value)}`).join("\n"),
    table(readout),
    ...(concerns.length === 0 ? [] : [concerns.map((concern) => `- ${markdownText(concern)}`).join("\n")]),
    ...method.map(markdownText),
  ].join("\n\n")}\n`;
}

function table({ figureHead, effectHead, rows }: Readout): string {
  const head = ["Alternative", "Visitors", figureHead, effectHead, "Range", "Shown"];
  const body = rows.map((row) => [
    `${row.name}${row.isWinner ? " (winner)" : ""}`,
    row.participants,
    row.beside === "" ? row.figure : `${row.figure}, ${row.beside}`,
    row.estimateText,
    row.rangeText,
    row.conclusion,
  ]);
  return markdownTable(
    head.map(markdownText),
    body.map((row) => row.map(markdownText)),
  );
}
