import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import type { NexusSimulator } from "@reeve/testing";

/** What a switch answered over HTTP. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** Sends one request to a switch's NX-API, and interprets nothing. */
export function send(
  nexus: NexusSimulator,
  body: string,
  { method = "POST", type = "application/json-rpc", authorized = true } = {},
): Promise<Answered> {
  const basic = `Basic ${Buffer.from(`${nexus.username}:${nexus.password}`).toString("base64")}`;
  const headers = { "content-type": type, ...(authorized && { authorization: basic }) };
  return new Promise((resolve, reject) => {
    const sent = request(`${nexus.url}/ins`, { method, headers, agent: new Agent({ ca: nexus.ca }) }, (response) => {
      text(response).then((received) => resolve({ status: response.statusCode ?? 0, body: received }), reject);
    });
    sent.once("error", reject);
    sent.end(method === "GET" ? undefined : body);
  });
}

/** Sends commands as JSON-RPC in an array, with ids from 1. */
export function rpc(nexus: NexusSimulator, commands: readonly string[], method = "cli"): Promise<Answered> {
  const calls = commands.map((cmd, at) => ({ jsonrpc: "2.0", method, params: { cmd, version: 1 }, id: at + 1 }));
  return send(nexus, JSON.stringify(calls));
}
