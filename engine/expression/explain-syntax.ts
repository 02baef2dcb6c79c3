/** Turns the parser's complaints into messages that also help people who are used to other languages. */

/** Syntax of other languages, and what to write instead. */
const fromElsewhere: readonly (readonly [written: RegExp, advice: string])[] = [
  [/^and\b/, "for 'and' write &&"],
  [/^or\b/, "for 'or' write ||"],
  [/^not\b/, "for 'not' write !"],
  [/^in\b/, "for a range write between(x, a, b), for membership list.some(y => y == x)"],
  [/^(True|False)\b/, "write true and false"],
  [/^if\b/, "for a choice write test ? a : b"],
  [/^for\b/, "for every element of a list write list.map(x => …)"],
  [/^\*\*/, "for a power of a number with a sign write (-x) ** y or -(x ** y)"],
  [/^\/\//, "for a whole quotient write floor(a / b)"],
  [/^>(?!=)/, "there are no pointers: a field is record.name"],
  [/^:/, "there are no namespaces: functions have plain names, such as sqrt(x)"],
];

const reserved =
  /(?<![\w$.])(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|finally|function|implements|import|instanceof|interface|let|new|package|private|protected|public|return|static|super|switch|throw|try|typeof|var|void|while|with|yield)(?![\w$])/g;

/** The reserved word of JavaScript at the place where the parser failed, or right before it. */
function reservedAt(text: string, offset: number): string | undefined {
  for (const { 0: word, index } of text.matchAll(reserved)) {
    const end = index + word.length;
    if (index <= offset && text.slice(end, Math.max(offset, end)).trim() === "") return word;
  }
  return undefined;
}

/** The message for acorn's `reason` at this place of the text. */
export function explainSyntax(text: string, offset: number, reason: string): string {
  if (/stack/i.test(reason)) return "the expression is nested too deeply";
  const rest = text.slice(offset);
  const word = reservedAt(text, offset);
  if (word !== undefined)
    return `'${word}' is a word of JavaScript's own: a column of this name is col("${word}"), and parameters and defines have other names`;
  if (rest.trim() === "") return "the expression ends too early: something is still open, or a value is missing";
  if (/\blambda\b[^:]*:?\s*$/.test(text.slice(0, offset)) || /^lambda\b/.test(rest)) return "a function is written x => …";
  if (/\bnot\s+$/.test(text.slice(0, offset))) return "for 'not' write !";
  const advice = fromElsewhere.find(([written]) => written.test(rest))?.[1];
  // The rest may begin with white space, line breaks included.
  const [found] = /^(?:[\w$]+|.)/u.exec(rest.trimStart())!;
  return advice ?? (/^unexpected token$/i.test(reason) ? `did not expect '${found}' here` : `cannot read this: ${reason.toLowerCase()}`);
}

/** JavaScript syntax that the language does not have, and what to write instead. */
const notOfTheLanguage: Readonly<Record<string, string>> = {
  SequenceExpression: "several values with commas between them are not part of the language: write one expression",
  ArrayExpression: "lists are not written down: they come from columns, and concat puts them together",
  SpreadElement: "'...' stands in records only; for all elements of a list there are its methods, such as list.max()",
  FunctionExpression: "a function is written x => …",
  ClassExpression: "classes are not part of the language",
  UpdateExpression: "++ and -- are not part of the language, for nothing is assigned: write x + 1",
  TemplateLiteral: 'texts in backquotes are not part of the language: write "…"; strings are compared, and never put together',
  ThisExpression: "'this' is not part of the language: columns and defines have names",
  AwaitExpression: "'await' is not part of the language",
  NewExpression: "'new' is not part of the language: records are written ({ pt: x, eta: y })",
};

export const explainNode = (type: string): string =>
  (Object.hasOwn(notOfTheLanguage, type) ? notOfTheLanguage[type] : undefined) ??
  `${type
    .replace(/Expression$|Literal$/, "")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()} expressions are not part of the language`;
