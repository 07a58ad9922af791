import type { Shell } from "../grammar/shell.ts";
import type { NexusPersonality } from "../personality.ts";
import { bodyJson } from "../shows/rows.ts";
import type { Answer } from "./answer.ts";
import { type Executed, execute } from "./execution.ts";

/** What JSON-RPC needs of the switch. */
export interface JsonRpcDevice {
  readonly personality: NexusPersonality;
  readonly shell: Shell;
  /** Keeps the running configuration, and returns what brings it back. */
  readonly keep: () => () => void;
}

interface Call {
  readonly jsonrpc?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly cmd?: unknown };
  readonly id?: unknown;
  readonly rollback?: unknown;
}

type Reply = { readonly result: unknown } | { readonly error: RpcError };

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: { readonly msg: string };
}

/** Answers a JSON-RPC request: an object for one command, however it was sent, else an array in the order of the commands. */
export async function answerJsonRpc(device: JsonRpcDevice, request: unknown): Promise<Answer> {
  const calls = (Array.isArray(request) ? request : [request]) as Call[];
  const wrong = calls.length === 0 || calls.some((call) => call?.jsonrpc !== "2.0");
  if (wrong) {
    const error = invalidRequest("JSON-RPC version structure was not found in request");
    return json(200, { jsonrpc: "2.0", error, id: null });
  }
  const mode = calls.find(({ rollback }) => rollback !== undefined)?.rollback ?? "stop-on-error";
  if (mode === "rollback-on-error" && !device.personality.rollback) {
    return json(500, { jsonrpc: "2.0", error: invalidRequest("rollback-on-error is not supported"), id: null });
  }
  const restore = mode === "rollback-on-error" ? device.keep() : undefined;
  const replies: (readonly [Call, Reply])[] = [];
  for (const [index, call] of calls.entries()) {
    const reply = await replyTo(device, call);
    replies.push([call, reply]);
    if (!("error" in reply) || mode === "continue-on-error") continue;
    restore?.();
    if (device.personality.afterStop === "errors") {
      for (const left of calls.slice(index + 1)) replies.push([left, { error: invalidRequest("Not executed") }]);
    }
    break;
  }
  const answers = replies
    .filter(([call]) => call.id !== undefined)
    .map(([{ id }, reply]) => ({ jsonrpc: "2.0", ...reply, id }));
  const status = replies.some(([, reply]) => "error" in reply) ? 500 : 200;
  if (answers.length === 0) return { status, type: "application/json-rpc", body: "" };
  return json(status, calls.length === 1 ? answers[0] : answers);
}

async function replyTo(device: JsonRpcDevice, { method, params }: Call): Promise<Reply> {
  if (method !== "cli" && method !== "cli_ascii") return { error: { code: -32601, message: "Method not found" } };
  if (typeof params?.cmd !== "string") return { error: invalidParams("No command was found in request") };
  const { shell, personality } = device;
  const show = shell.kindOf(params.cmd) === "show";
  const executed = await execute(shell, params.cmd, show ? "error" : personality.refusals);
  return replyOf(executed, method, show);
}

function replyOf(executed: Executed, method: "cli" | "cli_ascii", show: boolean): Reply {
  if ("refused" in executed) return { error: invalidParams(`${executed.refused}\n`) };
  const { text, body } = executed.output;
  if (method === "cli" && show) {
    if (!body) return { error: invalidParams("Structured output unsupported\n") };
    return { result: { body: bodyJson(body, "as-many-as-there-are") } };
  }
  return { result: text === "" ? null : { msg: text } };
}

function invalidParams(msg: string): RpcError {
  return { code: -32602, message: "Invalid params", data: { msg } };
}

function invalidRequest(msg: string): RpcError {
  return { code: -32600, message: "Invalid request", data: { msg } };
}

function json(status: number, body: unknown): Answer {
  return { status, type: "application/json-rpc", body: JSON.stringify(body) };
}
