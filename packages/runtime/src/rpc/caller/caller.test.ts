import { call, contract } from "@reeve/contract";
import { expect, test } from "vitest";
import { z } from "zod";
import { Stage } from "../stage.fixture.ts";
import { Caller } from "./caller.ts";
import { makeRef } from "./ref.ts";

const mirrors = contract("mirror", "1.0", { look: call({ input: z.object({}), output: z.unknown() }) });

function before() {
  const stage = new Stage();
  stage.add(mirrors, { operations: { look: (_input: unknown, ctx: any) => ctx.principal } });
  return new Caller((of, origin) => makeRef(stage.client, of, origin), "script");
}

test("a principal reaches the manager as it was when it was given", async () => {
  const given = { user: "ada", tenant: "acme", roles: ["admin"] };
  const mirror = before().as(given).ref(mirrors);
  given.tenant = "other";
  given.roles.push("root");
  expect(await mirror.look({})).toEqual({ user: "ada", tenant: "acme", roles: ["admin"] });
});

test.each([
  [{ user: "ada", tennant: "acme", roles: [] }, 'principal: unknown option "tennant"; did you mean "tenant"?'],
  [{ user: "ada", tenant: "", roles: [] }, 'principal: tenant: "" is no text; leave it out where there is none'],
  [{ user: "ada", tenant: null, roles: [] }, "principal: tenant: null is no text"],
  [{ user: 7, roles: [] }, "principal: user: 7 is no text"],
  [{ user: "ada" }, "principal: roles: undefined is no array of texts"],
  [{ user: "ada", roles: "admin" }, 'principal: roles: "admin" is no array of texts'],
  [{ user: "ada", roles: [1] }, "principal: roles: [1] is no array of texts"],
  [{ user: "ada", roles: ["admin", "*"] }, 'principal: roles: "*" is every role, which only the system has'],
  [{ user: "a".repeat(257), roles: [] }, "principal: user: expected at most 256 characters, got 257"],
  [{ user: "ada", tenant: "t".repeat(257), roles: [] }, "principal: tenant: expected at most 256 characters, got 257"],
  [{ user: "ada", roles: ["r".repeat(257)] }, "principal: roles: expected at most 256 characters, got 257"],
  [{ user: "ada", roles: Array(65).fill("r") }, "principal: roles: expected at most 64, got 65"],
  [undefined, "principal: expected an options object, got undefined"],
])("the principal %j is refused by field and value", (principal, message) => {
  expect(() => before().as(principal as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining(message) }),
  );
});

test.each([undefined, {}, "mirror", { contract: mirrors }])("a ref of %j, which is no contract, is refused", (odd) => {
  expect(() => before().ref(odd as never)).toThrow(
    expect.objectContaining({ reason: "INVALID_OPTION", message: expect.stringContaining("is no contract") }),
  );
});
