import type { IncomingMessage } from "node:http";
import type { NexusAudit } from "../audit.ts";
import { type Device, PowerLost } from "../device/device.ts";
import type { NexusFaultKind, NexusFaults } from "../faults/nexus-faults.ts";
import { Shell } from "../grammar/shell.ts";
import { type Answer, badRequest, page } from "./answer.ts";
import type { Authentication } from "./authentication.ts";
import { splitCommands } from "./execution.ts";
import { answerInsApi } from "./ins-api.ts";
import { answerJsonRpc } from "./json-rpc.ts";
import type { Reaction } from "./nxapi-server.ts";
import { SessionPool } from "./sessions.ts";

const commandLimitMs = 300_000;

export interface RequestHandlerOptions {
  readonly device: Device;
  readonly audit: NexusAudit;
  readonly faults: NexusFaults;
  readonly authentication: Authentication;
  readonly username: string;
  readonly reload: () => void;
}

/** What a request goes through, in this order: nginx, PAM, the session pool, VSH; and the faults at each place. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;
  readonly #sessions = new SessionPool();

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, body: string): Promise<Reaction> {
    const { device, audit, faults, authentication } = this.#options;
    if (!/^\/ins\/?$/.test(request.url ?? "")) return answered(page(404));
    if (request.method !== "POST") return answered(page(405));
    const number = audit.countRequest();
    const { boot } = device;
    const parsed = parse(body);
    const commands = commandsOf(parsed);
    const befallen = faults.requestFaults(commands);
    const early = this.#early(befallen);
    if (early) return early;
    const admission = await authentication.admit(request.headers);
    if (!admission.admitted) return answered(page(401));
    const release = befallen.has("no-session")
      ? undefined
      : this.#sessions.take(this.#options.username, request.socket.remoteAddress ?? "");
    if (!release) return answered(page(503));
    try {
      await faults.held("execution", commands);
      device.assertBoot(boot);
      const type = request.headers["content-type"] ?? "";
      let answer = await this.#limited(type, parsed, number);
      if (befallen.has("duplicate")) answer = await this.#limited(type, parsed, number);
      await faults.held("answer", commands);
      return this.#late(befallen, answer, admission.cookie);
    } catch (error) {
      if (error instanceof PowerLost) return { kind: "reset" };
      throw error;
    } finally {
      release();
    }
  }

  #early(befallen: ReadonlySet<NexusFaultKind>): Reaction | undefined {
    if (befallen.has("reset-before-execution")) return { kind: "reset" };
    if (befallen.has("unauthorized")) return answered(page(401));
    if (befallen.has("forbidden")) return answered(page(403));
    if (befallen.has("bad-gateway")) return answered(page(502));
    if (!befallen.has("reload-before-execution")) return;
    this.#options.reload();
    return { kind: "reset" };
  }

  #late(befallen: ReadonlySet<NexusFaultKind>, answer: Answer, cookie: string | undefined): Reaction {
    if (befallen.has("reload-before-answer")) {
      this.#options.reload();
      return { kind: "reset" };
    }
    if (befallen.has("reset-before-answer")) return { kind: "reset" };
    if (befallen.has("bad-gateway-after-execution")) return answered(page(502));
    if (befallen.has("reset-within-answer")) return { ...answered(answer, cookie), cut: "reset" };
    if (befallen.has("truncated-answer")) return { ...answered(answer, cookie), cut: "truncate" };
    return answered(answer, cookie);
  }

  /** After 300 s the client is told that it took too long; the commands go on. */
  async #limited(type: string, parsed: unknown, number: number): Promise<Answer> {
    const { clock } = this.#options.device;
    const late = Promise.withResolvers<Answer>();
    const timer = clock.setTimeout(() => late.resolve(tookTooLong(type)), commandLimitMs);
    try {
      return await Promise.race([this.#answer(type, parsed, number), late.promise]);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #answer(type: string, parsed: unknown, number: number): Promise<Answer> {
    const { device, audit, faults, reload } = this.#options;
    const shell = new Shell({
      device,
      audit,
      who: "api",
      request: number,
      onReload: reload,
      before: (command) => faults.beforeCommand(command),
      refuse: (command) => faults.refusal(command),
    });
    const { personality } = device;
    if (parsed === undefined) return Promise.resolve(badRequest());
    if (!type.startsWith("application/json-rpc")) return answerInsApi({ personality, shell }, parsed);
    const keep = () => {
      const kept = device.running.clone();
      return () => {
        device.running = kept;
      };
    };
    return answerJsonRpc({ personality, shell, keep }, parsed);
  }
}

function answered(answer: Answer, cookie?: string): Extract<Reaction, { kind: "answer" }> {
  return { kind: "answer", answer, cookie };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return;
  }
}

/** Every command that a request names, for the faults that look for one. */
function commandsOf(parsed: unknown): string[] {
  const calls = (Array.isArray(parsed) ? parsed : [parsed]) as ({
    readonly params?: { readonly cmd?: unknown };
    readonly ins_api?: { readonly input?: unknown };
  } | null)[];
  return calls.flatMap((call) => splitCommands(String(call?.params?.cmd ?? call?.ins_api?.input ?? "")));
}

function tookTooLong(type: string): Answer {
  const msg = "Back-end processing error.";
  if (type.startsWith("application/json-rpc")) {
    const error = { code: -32603, message: "Internal error", data: { msg } };
    return { status: 500, type: "application/json-rpc", body: JSON.stringify({ jsonrpc: "2.0", error, id: null }) };
  }
  const outputs = { output: { msg, code: "500" } };
  return { status: 200, type: "application/json", body: JSON.stringify({ ins_api: { outputs } }) };
}
