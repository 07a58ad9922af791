import { ManualClock } from "@reeve/runtime/internal";
import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";
import { NxApiClient } from "../nxapi-client.test-kit.ts";

const show = JSON.stringify({ jsonrpc: "2.0", method: "cli", params: { cmd: "show version", version: 1 }, id: 1 });

test("the cookie saves the password for 600 s, however often it is used", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock });
  const client = new NxApiClient(nexus);
  const { cookie } = await client.send(show);
  expect(cookie).toMatch(/^nxapi_auth=/);
  const headers = { cookie: cookie?.split(";")[0] ?? "" };
  await clock.advance(599_999);
  expect(await client.send(show, { headers })).toMatchObject({ status: 200, cookie: undefined });
  expect(nexus.audit.logins).toBe(1);
  await clock.advance(1);
  expect(await client.send(show, { headers })).toMatchObject({ status: 401, type: "text/html" });
});

test("a password that is wrong or missing is 401, and a cookie does not outlast a reload", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  expect((await client.send(show, { headers: {} })).status).toBe(401);
  const wrong = { authorization: `Basic ${Buffer.from(`${nexus.username}:guess`).toString("base64")}` };
  expect((await client.send(show, { headers: wrong })).status).toBe(401);
  expect(nexus.audit.commands()).toEqual([]);
  const { cookie } = await client.send(show);
  await nexus.reload();
  expect((await client.send(show, { headers: { cookie: cookie ?? "" } })).status).toBe(401);
});

test("checking a password takes its time", async () => {
  const clock = new ManualClock();
  await using nexus = await nexusSimulator({ clock, delays: { login: 300 } });
  let answered = false;
  const answer = new NxApiClient(nexus).send(show).finally(() => {
    answered = true;
  });
  await expect.poll(() => nexus.audit.logins).toBe(1);
  await clock.advance(299);
  expect(answered).toBe(false);
  await clock.advance(1);
  expect((await answer).status).toBe(200);
});

test("other paths and methods are refused, and what is neither JSON-RPC nor ins_api", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  expect((await client.send("", { path: "/other" })).status).toBe(404);
  expect((await client.send("", { method: "GET" })).status).toBe(405);
  expect(await client.send("{", {})).toMatchObject({ status: 400, type: "text/xml" });
  expect((await client.send("{}", { type: "application/json" })).status).toBe(400);
});
