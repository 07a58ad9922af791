import type { Token } from "./tokens.ts";

export interface TableUses {
  /** What each statement and part of one in parentheses begins with: `select`, `insert`, … */
  readonly commands: readonly string[];
  /** Every name where a table may stand, qualified ones with their dots; common table expressions are left out. */
  readonly tables: readonly string[];
  readonly functions: readonly string[];
  /** Something that no query of a store has: why. */
  readonly refused: string | undefined;
}

/** A statement, or what stands in parentheses. */
interface Group {
  /** The word it begins with. */
  command: string;
  /** Its commas divide tables. */
  inFrom: boolean;
  /** The next name is a table's. */
  expectsTable: boolean;
  /** The common table expressions that it has, those it is within aside. */
  readonly expressions: Set<string>;
  recursive: boolean;
  /** The expression whose query comes next. */
  named: string | undefined;
  /** The expression whose query this is. */
  readonly defines: string | undefined;
}

const commands = new Set(["select", "insert", "update", "delete", "merge", "values", "with", "table"]);
/** What ends a list of tables. */
const clauses = new Set([
  ...["where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "union", "intersect", "except"],
  ...["returning", "set", "select", "values", "when", "default", "do"],
]);
const beforeTable = new Set(["only", "lateral"]);

/** Reads where a statement brings tables in. What it cannot read it takes for a table. */
export function tableUses(tokens: readonly Token[]): TableUses {
  return new Reading(tokens).uses();
}

class Reading {
  readonly #tokens: readonly Token[];
  readonly #groups: Group[] = [newGroup(false)];
  readonly #commands: string[] = [];
  readonly #tables: string[] = [];
  readonly #functions: string[] = [];
  #refused: string | undefined;
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  uses(): TableUses {
    for (this.#at = 0; this.#at < this.#tokens.length; this.#at++) this.#step();
    return { commands: this.#commands, tables: this.#tables, functions: this.#functions, refused: this.#refused };
  }

  #step(): void {
    const token = this.#tokens[this.#at]!;
    const group = this.#groups.at(-1)!;
    if (token.kind === "sign") return this.#sign(token.text, group);
    const { text } = token;
    if (group.expectsTable && !(token.kind === "word" && (beforeTable.has(text) || commands.has(text))))
      return this.#table(group);
    if (token.kind === "word" && this.#keyword(text, group)) return;
    if (this.#next("(")) this.#functions.push(text);
    this.#noteExpression(text);
  }

  #sign(sign: string, group: Group): void {
    if (sign === "(") {
      const query = group.command === "with" && this.#tokens[this.#at + 1]?.kind === "word" ? group.named : undefined;
      this.#groups.push(newGroup(group.expectsTable, query));
    } else if (sign === ")") {
      if (this.#groups.length > 1) this.#groups.pop();
      const outer = this.#groups.at(-1)!;
      outer.expectsTable = false;
      if (group.defines !== undefined && group.command !== "") outer.expressions.add(group.defines);
    } else if (sign === "," && group.inFrom) group.expectsTable = true;
    else if (sign === ";" && this.#at < this.#tokens.length - 1) this.#refused ??= "it is more than one statement";
  }

  /** Whether the word is one that says what follows. */
  #keyword(word: string, group: Group): boolean {
    const before = this.#tokens[this.#at - 1];
    const previous = before?.kind === "word" ? before.text : "";
    if (this.#opens(word, group, previous)) return true;
    switch (word) {
      case "from":
        if (group.command !== "" && !this.#isComparison(previous)) enterFrom(group);
        return true;
      case "join":
        enterFrom(group);
        return true;
      case "using":
        if (group.command === "delete" || group.command === "merge") {
          // Of a join it names columns.
          if (previous === "" || !this.#next("(") || this.#tokens[this.#at + 2]?.text === "select") enterFrom(group);
        }
        return true;
      case "into":
        if (previous !== "insert" && previous !== "merge") this.#refused ??= "its into makes a table";
        group.expectsTable = true;
        return true;
    }
    if (!clauses.has(word)) return false;
    group.inFrom = false;
    return true;
  }

  /** Whether a statement begins with this word here. */
  #opens(word: string, group: Group, previous: string): boolean {
    const first = this.#at === 0 || this.#tokens[this.#at - 1]!.text === "(";
    if (!commands.has(word)) {
      if (this.#at === 0) this.#commands.push(word);
      return false;
    }
    // After the common table expressions comes what the statement is.
    if (!first && group.command !== "with" && !["union", "all", "except", "intersect"].includes(previous)) {
      if (word === "select" || word === "values") group.inFrom = false;
      return word === "select" || word === "values";
    }
    group.command = word;
    group.inFrom = false;
    group.expectsTable = word === "update" || word === "table";
    this.#commands.push(word);
    return true;
  }

  /** Reads a name where a table stands, with the schema before it and the columns or arguments after it. */
  #table(group: Group): void {
    let name = this.#tokens[this.#at]!.text;
    const into = this.#tokens[this.#at - 1]?.text === "into";
    while (this.#next(".")) {
      this.#at += 2;
      name += `.${this.#tokens[this.#at]?.text ?? ""}`;
    }
    group.expectsTable = false;
    if (!into && this.#next("(")) this.#functions.push(name);
    else if (!this.#groups.some(({ expressions }) => expressions.has(name))) this.#tables.push(name);
  }

  /** `name as (…)` and `name (columns) as (…)` in a with clause: hides a table from what follows, if recursive from itself too. */
  #noteExpression(name: string): void {
    const group = this.#groups.at(-1)!;
    if (group.command !== "with") return;
    const before = this.#tokens[this.#at - 1]?.text;
    if (before === "with" && name === "recursive") group.recursive = true;
    else if (before === "with" || before === "recursive" || before === ",") {
      group.named = name;
      if (group.recursive) group.expressions.add(name);
    }
  }

  /** `is [not] distinct from` */
  #isComparison(previous: string): boolean {
    return previous === "distinct" && ["is", "not"].includes(this.#tokens[this.#at - 2]?.text ?? "");
  }

  #next(sign: string): boolean {
    const next = this.#tokens[this.#at + 1];
    return next?.kind === "sign" && next.text === sign;
  }
}

function enterFrom(group: Group): void {
  group.inFrom = true;
  group.expectsTable = true;
}

/** In the place of a table stand queries, and joins of tables. */
function newGroup(inPlaceOfTable: boolean, defines?: string): Group {
  return {
    command: inPlaceOfTable ? "join" : "",
    inFrom: inPlaceOfTable,
    expectsTable: inPlaceOfTable,
    expressions: new Set(),
    recursive: false,
    named: undefined,
    defines,
  };
}
