import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { LoopbackCertificate } from "../certificate.ts";
import type { Answer } from "./answer.ts";

const host = "127.0.0.1";

/** What becomes of a request: an answer, whole or broken, or a reset connection. */
export type Reaction =
  | { readonly kind: "reset" }
  | {
      readonly kind: "answer";
      readonly answer: Answer;
      readonly cookie?: string | undefined;
      readonly cut?: "reset" | "truncate";
    };

export type Handler = (request: IncomingMessage, body: string) => Promise<Reaction>;

/** The HTTPS port of a switch; it keeps its number while it is down. */
export class NxApiServer {
  readonly #certificate: LoopbackCertificate;
  readonly #handler: Handler;
  /** The connections below TLS, by the client's port: only these can be reset. */
  readonly #sockets = new Map<number, Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(certificate: LoopbackCertificate, handler: Handler) {
    this.#certificate = certificate;
    this.#handler = handler;
  }

  get url(): string {
    return `https://${host}:${this.#port}`;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#sockets.size;
  }

  async open(): Promise<void> {
    if (this.#server) return;
    const { key, certificate } = this.#certificate;
    const server = createServer({ key, cert: certificate }, (request, response) => void this.#serve(request, response));
    server.on("connection", (socket: Socket) => {
      const { remotePort = 0 } = socket;
      this.#sockets.set(remotePort, socket);
      socket.once("close", () => this.#sockets.delete(remotePort));
    });
    // A client that goes away in the middle of a handshake is nobody's failure.
    server.on("tlsClientError", () => undefined);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, host, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Resets every connection, and refuses new ones. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client may go while its request is read or worked on; the work goes on without it.
    response.on("error", () => undefined);
    try {
      const body = await text(request);
      const reaction = await this.#handler(request, body);
      if (reaction.kind === "answer") send(response, reaction, () => this.#reset(request));
      else this.#reset(request);
    } catch {
      this.#reset(request);
    }
  }

  #reset(request: IncomingMessage): void {
    this.#sockets.get(request.socket.remotePort ?? 0)?.resetAndDestroy();
  }
}

function send(
  response: ServerResponse,
  { answer, cookie, cut }: Extract<Reaction, { kind: "answer" }>,
  reset: () => void,
): void {
  const body = Buffer.from(answer.body);
  const half = body.subarray(0, Math.floor(body.length / 2));
  response.writeHead(answer.status, {
    server: "nginx/1.7.10",
    "content-type": answer.type,
    "content-length": cut === "truncate" ? half.length : body.length,
    ...(cookie !== undefined && { "set-cookie": cookie }),
  });
  if (cut === "reset") response.write(half, reset);
  else response.end(cut === "truncate" ? half : body);
}
