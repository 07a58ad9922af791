import { Agent, type RequestOptions, request } from "node:https";
import { text } from "node:stream/consumers";
import type { NexusSimulator } from "./nexus-simulator.ts";

/** What a client got over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly cookie: string | undefined;
  readonly body: string;
}

/** How a request differs from a POST to `/ins` with the password. */
export interface RequestVariation {
  readonly method?: string;
  readonly path?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A bare client of NX-API that checks the certificate and interprets nothing. */
export class NxApiClient {
  readonly #nexus: NexusSimulator;
  readonly #agent: Agent;

  constructor(nexus: NexusSimulator) {
    this.#nexus = nexus;
    this.#agent = new Agent({ ca: nexus.ca, keepAlive: false });
  }

  send(body: string, variation: RequestVariation = {}): Promise<HttpAnswer> {
    const { username, password, url } = this.#nexus;
    const { method = "POST", path = "/ins", type = "application/json-rpc", headers, signal } = variation;
    const basic = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const options: RequestOptions = {
      agent: this.#agent,
      method,
      headers: { "content-type": type, ...(headers ?? { authorization: basic }) },
      ...(signal && { signal }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(`${url}${path}`, options, (response) => {
        text(response).then(
          (received) =>
            resolve({
              status: response.statusCode ?? 0,
              type: response.headers["content-type"] ?? "",
              cookie: response.headers["set-cookie"]?.[0],
              body: received,
            }),
          reject,
        );
      });
      sent.once("error", reject);
      sent.end(method === "GET" ? undefined : body);
    });
  }

  /** Sends JSON-RPC commands, and returns what came back parsed. */
  async rpc(commands: readonly string[], extra: object = {}, method = "cli"): Promise<any> {
    const calls = commands.map((cmd, at) => ({
      jsonrpc: "2.0",
      method,
      params: { cmd, version: 1 },
      id: at + 1,
      ...extra,
    }));
    return JSON.parse((await this.send(JSON.stringify(calls))).body);
  }

  /** Sends an ins_api request, and returns its `outputs.output`. */
  async ins(type: string, input: string, format = "json"): Promise<any> {
    const request = { ins_api: { version: "1.0", type, chunk: "0", sid: "1", input, output_format: format } };
    const answer = await this.send(JSON.stringify(request), { type: "application/json" });
    return format === "json" ? JSON.parse(answer.body).ins_api.outputs.output : answer.body;
  }

  /** The text that a show command answers. */
  async ascii(command: string): Promise<string> {
    return (await this.rpc([command], {}, "cli_ascii")).result.msg;
  }
}
