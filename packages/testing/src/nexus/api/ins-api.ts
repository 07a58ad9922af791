import type { Shell } from "../grammar/shell.ts";
import type { NexusPersonality } from "../personality.ts";
import { bodyJson } from "../shows/rows.ts";
import { type Answer, badRequest, xml } from "./answer.ts";
import { type Executed, execute, splitCommands } from "./execution.ts";

/** What ins_api needs of the switch. */
export interface InsApiDevice {
  readonly personality: NexusPersonality;
  readonly shell: Shell;
}

const types = ["cli_show", "cli_show_array", "cli_show_ascii", "cli_conf"] as const;
type InsApiType = (typeof types)[number];

/** One command's output; codes are strings. */
interface InsApiOutput {
  readonly clierror?: string;
  readonly body?: unknown;
  readonly input: string;
  readonly msg: string;
  readonly code: string;
}

/** Answers an ins_api request; refusals are inside of HTTP 200. */
export async function answerInsApi(device: InsApiDevice, request: unknown): Promise<Answer> {
  const asked = (request as { readonly ins_api?: Record<string, unknown> } | null)?.ins_api;
  const type = types.find((each) => each === asked?.type);
  if (!type || typeof asked?.input !== "string") return badRequest();
  const inXml = asked.output_format === "xml";
  const outputs: InsApiOutput[] = [];
  for (const command of splitCommands(asked.input)) {
    const output = await outputOf(device, type, command, inXml);
    outputs.push(output);
    if (output.code !== "200") break;
  }
  const output = outputs.length === 1 ? outputs[0] : single(device, type, outputs, asked.input);
  const answer = { type, version: "1.2", sid: "eoc", outputs: { output } };
  if (inXml) return { status: 200, type: "text/xml", body: xml("ins_api", answer) };
  return { status: 200, type: "application/json", body: JSON.stringify({ ins_api: answer }) };
}

async function outputOf(
  device: InsApiDevice,
  type: InsApiType,
  command: string,
  inXml: boolean,
): Promise<InsApiOutput> {
  const { shell, personality } = device;
  const kind = shell.kindOf(command);
  if (type === "cli_conf" ? kind === "show" : kind === "configure") {
    const msg = type === "cli_conf" ? "Configuration does not allow show" : "Show does not allow configuration";
    return { input: command, msg, code: "405" };
  }
  const executed = await execute(shell, command, type === "cli_conf" ? personality.refusals : "error");
  if ("refused" in executed) {
    const clierror = inXml ? xmlError(command) : `${executed.refused}\n`;
    return { clierror, input: command, msg: personality.refusedMessage, code: "400" };
  }
  return { body: bodyOf(executed, type, kind === "show"), ...outcome(executed, type, kind === "show"), input: command };
}

function outcome(executed: Executed, type: InsApiType, show: boolean): { readonly msg: string; readonly code: string } {
  const structured = type === "cli_show" || type === "cli_show_array";
  const unsupported = structured && show && "output" in executed && !executed.output.body;
  return unsupported ? { msg: "Structured output unsupported", code: "501" } : { msg: "Success", code: "200" };
}

function bodyOf(executed: Executed, type: InsApiType, show: boolean): unknown {
  if ("refused" in executed) return undefined;
  const { text, body } = executed.output;
  if (type === "cli_show_ascii" || !show) return text === "" ? {} : text;
  return body ? bodyJson(body, type === "cli_show_array" ? "arrays" : "as-many-as-there-are") : {};
}

/** How the parser of older releases puts it. */
function xmlError(command: string): string {
  return `Syntax error while parsing '${command}  | xml '\n\n\nCmd exec error.\n`;
}

/** Some platforms answer once for all of `cli_conf`. */
function single(
  { personality }: InsApiDevice,
  type: InsApiType,
  outputs: readonly InsApiOutput[],
  input: string,
): InsApiOutput | readonly InsApiOutput[] {
  const last = outputs.at(-1);
  if (type !== "cli_conf" || personality.configurationOutputs === "each" || !last) return outputs;
  return { ...last, input };
}
