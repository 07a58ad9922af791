import { reeveError } from "@reeve/contract";

/** Every letter outside these is written as `=` and two hexadecimal digits for each of its UTF-8 bytes. */
const plain = /^[A-Za-z0-9_@-]$/;
const reserved = new Set(["any", "all"]);
const longestToken = 255;

/** Who of a manager's instances a subject reaches. */
export type Reach = "any" | "all" | { readonly address: string } | { readonly cluster: string };

/** Text as one subject token. @throws ReeveError `INVALID_OPTION` when it is empty or too long */
export function escapeToken(text: string): string {
  let token = "";
  for (const letter of text) {
    token += plain.test(letter) ? letter : escapeBytes(letter);
  }
  if (token === "" || token.length > longestToken) {
    throw reeveError(
      "INVALID_OPTION",
      `${JSON.stringify(text)} does not fit a subject token of 1 to ${longestToken} characters`,
    );
  }
  return token;
}

/** The text that a token stands for; undefined when it is no token of ours. */
export function unescapeToken(token: string): string | undefined {
  if (!/^(?:[A-Za-z0-9_@-]|=[0-9A-F]{2})+$/.test(token)) return undefined;
  try {
    return decodeURIComponent(token.replaceAll("=", "%"));
  } catch {
    return undefined;
  }
}

/** `any`, `all`, an address, or `@` and a cluster. */
export function reachToken(reach: Reach): string {
  if (typeof reach === "string") return reach;
  if ("cluster" in reach) return escapeToken(`@${reach.cluster}`);
  const { address } = reach;
  // An instance may have the name of a reserved word.
  return reserved.has(address) ? `${escapeBytes(address[0]!)}${address.slice(1)}` : escapeToken(address);
}

/** Where the calls of one manager and major version go, but for operation and caller. */
export class CallSubjects {
  readonly #head: string;

  constructor(namespace: string, manager: string, major: number) {
    this.#head = `${namespace}.call.${escapeToken(manager)}.v${major}`;
  }

  /** What all of them begin with. */
  get prefix(): string {
    return `${this.#head}.`;
  }

  /** Where one caller's calls of one operation go. */
  call(operation: string, reach: string, caller: string): string {
    return `${this.#head}.${escapeToken(operation)}.${reach}.${escapeToken(caller)}`;
  }

  /** Where all callers' calls of one operation go. */
  operation(operation: string, reach: string): string {
    return `${this.#head}.${escapeToken(operation)}.${reach}.*`;
  }

  /** What a server subscribes to: every operation, every caller. */
  served(reach: string): string {
    return `${this.#head}.*.${reach}.*`;
  }
}

export interface CallSubject {
  readonly operation: string;
  readonly caller: string;
  /** Whether one of several that would do was picked for it; else everybody there got it who goes by that name. */
  readonly picked: boolean;
  /** Whether it names an address or a cluster. */
  readonly addressed: boolean;
}

/** What a call's subject says; undefined when it is no such subject. */
export function parseCallSubject(subject: string): CallSubject | undefined {
  const last = subject.lastIndexOf(".");
  const reach = subject.lastIndexOf(".", last - 1);
  const before = subject.lastIndexOf(".", reach - 1);
  if (before < 0) return undefined;
  const operation = unescapeToken(subject.slice(before + 1, reach));
  const caller = unescapeToken(subject.slice(last + 1));
  if (operation === undefined || caller === undefined) return undefined;
  const any = subject.startsWith("any.", reach + 1);
  // `any`, or the `@` of a cluster: their queue group picks one.
  const picked = any || subject[reach + 1] === "@";
  return { operation, caller, picked, addressed: !any && !subject.startsWith("all.", reach + 1) };
}

/**
 * The conversation that a reply subject belongs to: `_INBOX.<caller>.<nonce>.<secret>`, one calling process and one called
 * incarnation. Undefined unless it lies under the caller's own inbox: who could name any subject would have the server
 * publish there with the server's rights.
 */
export function inboxOf(reply: string | undefined, caller: string): string | undefined {
  const own = `_INBOX.${caller}.`;
  if (reply === undefined || !reply.startsWith(own)) return undefined;
  const batch = reply.lastIndexOf(".");
  const secret = reply.lastIndexOf(".", batch - 1);
  const named = secret > own.length && batch > secret + 1 && batch < reply.length - 1;
  return named ? reply.slice(0, batch) : undefined;
}

function escapeBytes(letter: string): string {
  return [...Buffer.from(letter)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
