/** A part of a statement: a word as PostgreSQL folds it, a name in quotes, or a sign. */
export interface Token {
  readonly kind: "word" | "name" | "sign";
  readonly text: string;
}

/** Comments, texts in every way of quoting, names, words and signs: https://www.postgresql.org/docs/18/sql-syntax-lexical.html */
const pattern = new RegExp(
  [
    // A character that PostgreSQL does not know for a blank is part of a name.
    /(?<blank>[ \t\n\r\f\v]+|--[^\n\r]*)/,
    /(?<comment>\/\*)/,
    // A text that goes on in the next line goes on with its escapes.
    /(?<escaped>[eE]'(?:[^'\\]|''|\\.)*'(?:(?:[ \t\n\r\f\v]|--[^\n\r]*)+'(?:[^'\\]|''|\\.)*')*)/,
    /(?<text>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')/,
    /(?<dollar>\$(?<tag>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$.*?\$\k<tag>\$)/,
    /(?<unicode>[uU]&")/,
    /"(?<name>(?:[^"]|"")*)"/,
    /(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)/,
    // Up to version 14 a word may follow a number without a blank.
    /(?<number>(?:\$\d+|0[xXoObB][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d[\d_]*)?)(?![\w.\u0080-\uffff]))/,
    /(?<unclear>\$?\d)/,
    /(?<sign>.)/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "sy",
);

/** The parts of a statement without comments, texts and numbers. Undefined where it cannot be told where a part ends, and where the protocol would end the statement. */
export function tokensOf(sql: string): readonly Token[] | undefined {
  if (sql.includes("\0")) return undefined;
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < sql.length) {
    const { groups = {} } = pattern.exec(sql) ?? {};
    if (groups.comment !== undefined) {
      const end = endOfComment(sql, pattern.lastIndex);
      if (end === undefined) return undefined;
      pattern.lastIndex = end;
    } else if (groups.unicode !== undefined || groups.unclear !== undefined) return undefined;
    else if (groups.sign === "'" || groups.sign === '"') return undefined;
    else if (groups.name !== undefined) tokens.push({ kind: "name", text: groups.name.replaceAll('""', '"') });
    else if (groups.word !== undefined) tokens.push({ kind: "word", text: groups.word.toLowerCase() });
    else if (groups.sign !== undefined) tokens.push({ kind: "sign", text: groups.sign });
    else if (groups.text !== undefined || groups.escaped !== undefined || groups.dollar !== undefined)
      tokens.push({ kind: "sign", text: "'" });
    else if (groups.number !== undefined) tokens.push({ kind: "sign", text: "0" });
  }
  return tokens;
}

/** Comments nest. */
function endOfComment(sql: string, from: number): number | undefined {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  for (let depth = 1; ; ) {
    const found = edge.exec(sql);
    if (!found) return undefined;
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
}
