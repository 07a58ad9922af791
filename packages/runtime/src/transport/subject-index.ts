import { hasWildcard } from "./subject.ts";

interface Branch<T> {
  readonly tokens: Map<string, Branch<T>>;
  /** Ends here. */
  readonly here: Set<T>;
  /** Ends here in `>`. */
  readonly rest: Set<T>;
}

/** Finds what is kept under the patterns that match a subject: exact subjects by one look-up, wildcards by a walk over the tokens. */
export class SubjectIndex<T> {
  readonly #exact = new Map<string, Set<T>>();
  readonly #root: Branch<T> = branch();
  #wildcards = 0;

  add(pattern: string, value: T): void {
    if (!hasWildcard(pattern)) {
      const values = this.#exact.get(pattern);
      if (values) values.add(value);
      else this.#exact.set(pattern, new Set([value]));
      return;
    }
    this.#wildcards += 1;
    const tokens = pattern.split(".");
    const open = tokens.at(-1) === ">";
    let at = this.#root;
    for (const token of open ? tokens.slice(0, -1) : tokens) {
      let next = at.tokens.get(token);
      if (!next) {
        next = branch();
        at.tokens.set(token, next);
      }
      at = next;
    }
    (open ? at.rest : at.here).add(value);
  }

  delete(pattern: string, value: T): void {
    if (hasWildcard(pattern)) {
      if (prune(this.#root, pattern.split("."), 0, value)) this.#wildcards -= 1;
      return;
    }
    const values = this.#exact.get(pattern);
    values?.delete(value);
    if (values?.size === 0) this.#exact.delete(pattern);
  }

  /** Everything under a matching pattern, in no promised order. The answer may be the index's own set: do not change it or keep it. */
  match(subject: string): Iterable<T> & { readonly size: number } {
    const exact = this.#exact.get(subject);
    if (this.#wildcards === 0) return exact ?? nothing;
    const found = new Set<T>(exact);
    collect(this.#root, subject.split("."), 0, found);
    return found;
  }
}

const nothing: ReadonlySet<never> = new Set<never>();

function branch<T>(): Branch<T> {
  return { tokens: new Map(), here: new Set(), rest: new Set() };
}

function collect<T>(at: Branch<T>, tokens: readonly string[], depth: number, found: Set<T>): void {
  if (depth === tokens.length) {
    for (const value of at.here) found.add(value);
    return;
  }
  for (const value of at.rest) found.add(value);
  const same = at.tokens.get(tokens[depth] as string);
  if (same) collect(same, tokens, depth + 1, found);
  const any = at.tokens.get("*");
  if (any) collect(any, tokens, depth + 1, found);
}

/** Takes a value out and drops the branches this leaves empty. Returns whether it was there. */
function prune<T>(at: Branch<T>, tokens: readonly string[], depth: number, value: T): boolean {
  const token = tokens[depth];
  if (token === undefined) return at.here.delete(value);
  if (token === ">" && depth === tokens.length - 1) return at.rest.delete(value);
  const next = at.tokens.get(token);
  if (!next || !prune(next, tokens, depth + 1, value)) return false;
  if (next.tokens.size === 0 && next.here.size === 0 && next.rest.size === 0) at.tokens.delete(token);
  return true;
}
