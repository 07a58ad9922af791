import { reeveError } from "@reeve/contract";

export interface InspectorOptions {
  /** Port to listen on; 0 takes a free one. Default 4870. */
  readonly port?: number | undefined;
  /** Address to listen on. Default `127.0.0.1`; any but a loopback address needs a `token` or a `viewToken`. */
  readonly hostname?: string | undefined;
  /** Its bearer may look and act (reset, drain, restart). At least 16 characters. Default: a random one, on loopback only. */
  readonly token?: string | undefined;
  /** Its bearer may look. At least 16 characters. Default: nobody may only look. */
  readonly viewToken?: string | undefined;
  /** Pages from elsewhere that may connect, such as `https://ops.example`. Default none but the inspector's own. */
  readonly origins?: readonly string[] | undefined;
}

export interface CompiledOptions {
  readonly port: number;
  readonly hostname: string;
  readonly token: string | undefined;
  readonly viewToken: string | undefined;
  readonly origins: ReadonlySet<string>;
}

const known = ["port", "hostname", "token", "viewToken", "origins"];
const shortestToken = 16;

/** @throws ReeveError `INVALID_OPTION` naming the field and the value, or refusing to be reached from elsewhere without a token */
export function compileOptions(options: InspectorOptions, makeToken: () => string): CompiledOptions {
  const { port = 4870, hostname = "127.0.0.1", token, viewToken, origins = [] } = options;
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown) throw refusal(unknown, `unknown option; known are ${known.join(", ")}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw refusal("port", `expected 0 to 65535, got ${String(port)}`);
  if (typeof hostname !== "string" || hostname === "")
    throw refusal("hostname", `expected an address to listen on, got ${JSON.stringify(hostname)}`);
  checkToken("token", token);
  checkToken("viewToken", viewToken);
  if (token !== undefined && token === viewToken)
    throw refusal("viewToken", "expected another value than that of token");
  const given = token !== undefined || viewToken !== undefined;
  if (!given && !isLoopback(hostname)) {
    throw refusal("hostname", `${hostname} can be reached from elsewhere; give a token (or listen on 127.0.0.1)`);
  }
  return { port, hostname, token: given ? token : makeToken(), viewToken, origins: new Set(origins.map(readOrigin)) };
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function checkToken(field: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value === "string" && value.length >= shortestToken) return;
  // The value is a secret: only its length is shown.
  const shape = typeof value === "string" ? `a text of ${value.length} characters` : `a ${typeof value}`;
  throw refusal(field, `expected at least ${shortestToken} characters, got ${shape}`);
}

function readOrigin(value: unknown): string {
  const origin = typeof value === "string" && URL.canParse(value) ? new URL(value).origin : "null";
  if (origin === "null")
    throw refusal("origins", `expected an origin such as "https://ops.example", got ${JSON.stringify(value)}`);
  return origin;
}

function refusal(field: string, problem: string): Error {
  return reeveError("INVALID_OPTION", `inspector.${field}: ${problem}`);
}
