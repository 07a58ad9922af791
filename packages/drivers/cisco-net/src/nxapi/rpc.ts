/** A command for a switch: `cli` is answered by data, `cli_ascii` by text as people see it. */
export interface Command {
  readonly method: "cli" | "cli_ascii";
  readonly cmd: string;
}

/** What a switch made of one command. */
export type CommandAnswer =
  | { readonly kind: "done"; readonly body: unknown; readonly text: string }
  | { readonly kind: "refused"; readonly text: string }
  /** It was not reached, or nothing is known. */
  | { readonly kind: "none" };

/** What came back: an answer for each command, or a refusal of the whole request, or nothing that could be read. */
export type RpcAnswer =
  | { readonly kind: "answers"; readonly answers: readonly CommandAnswer[] }
  | { readonly kind: "rejected"; readonly text: string }
  | { readonly kind: "unreadable"; readonly text: string };

/** The request that runs these commands in order and stops at the first that is refused, which is NX-API's default. */
export function encodeRpc(commands: readonly Command[]): string {
  return JSON.stringify(
    commands.map(({ method, cmd }, index) => ({
      jsonrpc: "2.0",
      method,
      params: { cmd, version: 1 },
      id: index + 1,
    })),
  );
}

/**
 * Reads the answer to so many commands: an array, or for one command its only element. What stands before it, such as a banner,
 * is passed over. Commands without an answer were left out after a refusal.
 */
export function decodeRpc(text: string, commands: number): RpcAnswer {
  const start = text.search(/^\s*[[{]/m);
  const parsed = start < 0 ? undefined : parse(text.slice(start));
  const items = parsed === undefined ? [] : [parsed].flat();
  if (items.length === 0 || !items.every(isItem))
    return { kind: "unreadable", text: `${text.length} bytes that are not an answer of JSON-RPC` };
  const answers: CommandAnswer[] = Array.from({ length: commands }, () => ({ kind: "none" }));
  for (const item of items) {
    const index = Number(item.id) - 1;
    if (item.id === null || item.id === undefined || !(index in answers)) {
      if (item.error !== undefined) return { kind: "rejected", text: refusalText(item.error) };
      continue;
    }
    answers[index] =
      item.error === undefined ? doneAnswer(item.result) : { kind: "refused", text: refusalText(item.error) };
  }
  return { kind: "answers", answers };
}

interface RpcItem {
  readonly jsonrpc: unknown;
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

function isItem(value: unknown): value is RpcItem {
  return typeof value === "object" && value !== null && "jsonrpc" in value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function doneAnswer(result: unknown): CommandAnswer {
  const { body, msg } = (typeof result === "object" && result !== null ? result : {}) as {
    body?: unknown;
    msg?: unknown;
  };
  const said = [msg, body, result].find((part) => typeof part === "string");
  return { kind: "done", body, text: (said as string | undefined)?.trim() ?? "" };
}

/** `data.msg` says more than `message`, where it is there. */
function refusalText(error: unknown): string {
  const { message, data } = error as { message?: unknown; data?: { msg?: unknown } };
  const said = typeof data?.msg === "string" && data.msg.trim() !== "" ? data.msg : message;
  return String(said ?? "no reason given")
    .trim()
    .replace(/\s+/g, " ")
    .slice(0, 500);
}
