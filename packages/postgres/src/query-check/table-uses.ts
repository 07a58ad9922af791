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
  /** That table is changed, which an expression of the same name does not hide. */
  changes: boolean;
  /** The tables that a delete or a merge looks at have been named. */
  hasUsing: boolean;
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
  ...["returning", "do"],
]);
const beforeTable = new Set(["only", "lateral"]);
const betweenQueries = new Set(["union", "except", "intersect"]);

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
    if (group.expectsTable && !(token.kind === "word" && (beforeTable.has(text) || this.#beginsQuery(text))))
      return this.#table(group);
    if (token.kind === "word" && !this.#isLabel() && this.#keyword(text, group)) return;
    if (this.#next("(")) this.#functions.push(text);
    this.#noteExpression(text);
  }

  #sign(sign: string, group: Group): void {
    if (sign === "(") {
      const query = group.command === "with" && this.#tokens[this.#at + 1]?.kind === "word" ? group.named : undefined;
      this.#groups.push(newGroup(group.expectsTable, group.changes, query));
    } else if (sign === ")") {
      if (this.#groups.length > 1) this.#groups.pop();
      const outer = this.#groups.at(-1)!;
      outer.expectsTable = false;
      outer.changes = false;
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
        // Of a join it names columns.
        if ((group.command === "delete" || group.command === "merge") && !group.hasUsing) {
          group.hasUsing = true;
          enterFrom(group);
        }
        return true;
      case "into":
        if (previous !== "insert" && previous !== "merge") this.#refused ??= "its into makes a table";
        group.expectsTable = true;
        group.changes = true;
        return true;
      case "table":
        this.#commands.push(word);
        return true;
    }
    // An aggregate may be within a group.
    if (!clauses.has(word) || (word === "group" && this.#tokens[this.#at + 1]?.text !== "by")) return false;
    group.inFrom = false;
    return true;
  }

  /** Whether a statement begins with this word here. */
  #opens(word: string, group: Group, previous: string): boolean {
    const closed = this.#is(this.#at - 1, ")");
    if (!commands.has(word)) {
      // Names of columns, which search and cycle bring, would look like those of expressions.
      if (group.command === "with" && closed && word !== "as") this.#refused ??= `its with clause says "${word}"`;
      if (this.#at === 0) this.#commands.push(word);
      return false;
    }
    // After the common table expressions comes what the statement is.
    const after = group.command === "with" ? closed : this.#isBetweenQueries(previous);
    if (!this.#beginsQuery(word) && !after) {
      if (word !== "select" || group.command === "with") return false;
      group.command = word;
      group.inFrom = false;
      return true;
    }
    group.command = word;
    group.inFrom = false;
    group.expectsTable = word === "update";
    group.changes = word === "update" || word === "delete";
    if (word !== "table") this.#commands.push(word);
    return word !== "table";
  }

  #isBetweenQueries(previous: string): boolean {
    if (previous !== "all" && previous !== "distinct") return betweenQueries.has(previous);
    return betweenQueries.has(this.#tokens[this.#at - 2]?.text ?? "");
  }

  /** Whether a statement, or one in parentheses, begins with this word. */
  #beginsQuery(word: string): boolean {
    return commands.has(word) && (this.#at === 0 || this.#is(this.#at - 1, "("));
  }

  /** What comes after `as` or a dot is a name, whatever it says. */
  #isLabel(): boolean {
    const before = this.#tokens[this.#at - 1];
    return this.#is(this.#at - 1, ".") || (before?.kind === "word" && before.text === "as");
  }

  /** Reads a name where a table stands, with the schema before it and the columns or arguments after it. */
  #table(group: Group): void {
    let name = this.#tokens[this.#at]!.text;
    const { changes } = group;
    let qualified = false;
    while (this.#next(".")) {
      qualified = true;
      this.#at += 2;
      name += `.${this.#tokens[this.#at]?.text ?? ""}`;
    }
    group.expectsTable = false;
    group.changes = false;
    // Only what is inserted into has its columns in parentheses.
    if (!changes && this.#next("(")) this.#functions.push(name);
    else if (changes || qualified || !this.#groups.some(({ expressions }) => expressions.has(name)))
      this.#tables.push(name);
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
    return this.#is(this.#at + 1, sign);
  }

  #is(at: number, sign: string): boolean {
    const token = this.#tokens[at];
    return token?.kind === "sign" && token.text === sign;
  }
}

function enterFrom(group: Group): void {
  // A merge has one, or a join: its commas divide columns.
  group.inFrom = group.command !== "merge";
  group.expectsTable = true;
}

/** In the place of a table stand queries, and joins of tables. */
function newGroup(inPlaceOfTable: boolean, changes = false, defines?: string): Group {
  return {
    command: inPlaceOfTable ? "join" : "",
    inFrom: inPlaceOfTable,
    expectsTable: inPlaceOfTable,
    changes,
    hasUsing: false,
    expressions: new Set(),
    recursive: false,
    named: undefined,
    defines,
  };
}
