/** Reports, files and programs say participant, as the field does; whatever people read says visitor. Names, in quotes or joined by dashes, stay. */
export function visitorWords(sentence: string): string {
  return sentence.replace(
    /"[^"]*"|(?<![\w-])([Pp])articipant(s?)(?![\w-])/g,
    (text, first: string | undefined, end: string) =>
      first === undefined ? text : `${first === "P" ? "V" : "v"}isitor${end}`,
  );
}
